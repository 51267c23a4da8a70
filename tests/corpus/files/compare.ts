import type { Changes, FunctionChange } from '../../../src/engine/diff/changes.ts';
import { diffObjects } from '../../../src/engine/diff/diff.ts';
import { sourceName } from '../../../src/engine/diff/names.ts';
import { success, type Result } from '../../../src/engine/failure.ts';
import { checkLinking, type KernelObjects } from '../../../src/engine/pipeline/linking.ts';
import type { KernelPack } from '../../../src/engine/pipeline/pack.ts';
import { createUpdate } from '../../../src/engine/update/create.ts';
import { readUpdate } from '../../../src/engine/update/read.ts';
import { must } from '../../node/support.ts';
import type { Pair } from './build.ts';
import type { ChangedFile } from './files.ts';

/** What the differ and the update's writer say to a pair. `problems` is empty if that is what the corpus says they have to. */
export interface Compared {
  readonly entry: ChangedFile;
  readonly pair: Pair;
  readonly changes: Changes;
  readonly reversed: Changes;
  /** `made`, or the code with which making it is refused. */
  readonly update: string;
  readonly updateBytes: number;
  readonly problems: readonly string[];
}

/** Compares a pair in both directions and each object with itself, makes an update of it, and reads that back. */
export async function comparePair(pack: KernelPack, kernel: KernelObjects, entry: ChangedFile, pair: Pair): Promise<Compared> {
  const { path, pre, post } = pair;
  const changes = diff(path, pre, post);
  const reversed = diff(path, post, pre);
  const made = await makeUpdate(pack, kernel, entry, pair);
  const update = made.ok ? 'made' : made.code;
  const problems = [
    ...forwardProblems(entry, pair, changes),
    ...reversedProblems(entry, changes, reversed),
    ...[pre, post].flatMap((object) => selfProblems(diff(path, object, object))),
    ...(update === entry.update ? [] : [`update: ${update} and not ${entry.update}${made.ok ? '' : ` (${made.message})`}`]),
  ];
  return { entry, pair, changes, reversed, update, updateBytes: made.ok ? made.value : 0, problems };
}

function diff(path: string, pre: Uint8Array, post: Uint8Array): Changes {
  return must(diffObjects(pre, post, { objectPath: path }));
}

/** Makes the update of one unit as `hotsplice create` does, and gives its size. */
async function makeUpdate(pack: KernelPack, kernel: KernelObjects, { file }: ChangedFile, unit: Pair): Promise<Result<number>> {
  const linked = await checkLinking(pack, kernel, [unit]);
  if (!linked.ok) return linked;
  const id = file
    .replace(/\.c$/, '')
    .replaceAll(/[^a-z0-9]/g, '_')
    .slice(-31);
  const made = createUpdate({ id, kernel: pack.manifest, units: [unit], timestamp: 0 });
  if (!made.ok) return made;
  const read = readUpdate(made.value.tarball, pack.manifest);
  return read.ok ? success(made.value.tarball.length) : read;
}

/** Names of the functions with that status, sorted. */
export function functionsOf(changes: Changes, status: FunctionChange['status']): string[] {
  return changes.functions
    .filter((one) => one.status === status)
    .map(({ name }) => name)
    .sort();
}

function forwardProblems(entry: ChangedFile, { pre, post }: Pair, changes: Changes): string[] {
  const found = pre === post ? 'identical' : changes.verdict;
  return [
    ...differ('verdict', [entry.verdict], [found]),
    ...differ('changed', entry.functions, functionsOf(changes, 'changed')),
    ...differ('new', entry.added, functionsOf(changes, 'new')),
    ...differ('removed', entry.removed, functionsOf(changes, 'removed')),
    ...differ('refusals', entry.refusals, refusalCodes(changes)),
  ];
}

/** What a change does, its reverse takes back: of the same functions, under the names of the other object. */
function reversedProblems(entry: ChangedFile, changes: Changes, reversed: Changes): string[] {
  const sources = (names: string[]): string[] => [...new Set(names.map(sourceName))].sort();
  return [
    ...differ('reversed refusals', entry.reversed ?? entry.refusals, refusalCodes(reversed)),
    ...differ('reversed changed', sources(functionsOf(changes, 'changed')), sources(functionsOf(reversed, 'changed'))),
    ...differ('reversed new', sources(functionsOf(changes, 'removed')), sources(functionsOf(reversed, 'new'))),
    ...differ('reversed removed', sources(functionsOf(changes, 'new')), sources(functionsOf(reversed, 'removed'))),
  ];
}

function selfProblems({ verdict, functions, data, refusals }: Changes): string[] {
  const nothing = verdict === 'unchanged' && functions.length + data.length + refusals.length === 0;
  return nothing ? [] : [`compared with itself: ${verdict}`];
}

function refusalCodes({ refusals }: Changes): string[] {
  return [...new Set(refusals.map(({ code }) => code))].sort();
}

function differ(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const [a, b] = [[...expected].sort().join(' '), [...found].sort().join(' ')];
  return a === b ? [] : [`${what}: ${b || 'none'} and not ${a || 'none'}`];
}
