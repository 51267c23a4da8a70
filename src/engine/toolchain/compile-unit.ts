import { failure, success, type Result } from '../failure.ts';
import type { ChangedTree } from './changed-tree.ts';
import { PLAINER_MESSAGES } from './compiler-messages.ts';
import { compileFailure, type CompileResult, type Diagnostic } from './diagnostic.ts';
import { sha256 } from './file-source.ts';
import type { GccPool } from './gcc-pool.ts';
import type { ObjectCache } from './object-cache.ts';
import type { SourceTree } from './source-tree.ts';
import type { JobTimings } from './unit-job.ts';
import type { Unit } from './units.ts';
import { diagnosticsOf, missingHeader, unitFailure } from './verdict.ts';

/** What compiling units needs. */
export interface Workshop {
  readonly pool: GccPool;
  /** The objects that run. */
  readonly objects: SourceTree;
  readonly cache: ObjectCache | undefined;
}

/** A unit, compiled. */
export interface UnitResult {
  /** Undefined: the object that runs, byte for byte. */
  readonly object: Uint8Array | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly milliseconds: number;
  /** Undefined if the object was kept from an earlier compile. */
  readonly timings: JobTimings | undefined;
}

/** Headers that only a computed `#include` names are found one after the other. */
const MAX_ROUNDS = 8;

/** Compiles a unit of a changed tree, or takes what an earlier compile of the very same gave. */
export async function compileUnit(
  shop: Workshop,
  unit: Unit,
  tree: ChangedTree,
  signal?: AbortSignal,
): Promise<CompileResult<UnitResult>> {
  const began = performance.now();
  const files = await tree.filesOf(unit);
  if (!files.ok) return compileFailure(files);
  const textOf = (path: string) => tree.peekText(path);
  const key = await shop.cache?.key(unit, files.value, tree);
  const cached = key === undefined ? undefined : await shop.cache?.get(key);
  if (cached) {
    const diagnostics = diagnosticsOf(cached, textOf);
    return success({ object: cached.object, diagnostics, milliseconds: performance.now() - began, timings: undefined });
  }
  const made = await makeOutput(shop.pool, unit, tree, files.value, signal);
  if (!made.ok) return made;
  const { output, messages, timings, files: seen } = made.value;
  const digest = await sha256(output);
  if (!digest.ok) return compileFailure(digest);
  const object = digest.value === shop.objects.hash(unit.object) ? undefined : output;
  // A header found on the way may be a changed one, and the name says nothing of it.
  if (key !== undefined && seen === files.value) await shop.cache?.put(key, { object, messages });
  return success({
    object,
    diagnostics: diagnosticsOf({ messages }, textOf),
    milliseconds: performance.now() - began,
    timings,
  });
}

export interface MadeOutput {
  readonly output: Uint8Array;
  readonly messages: { readonly cc1: string; readonly as: string };
  readonly timings: JobTimings;
  /** What the unit could see: the files given, or more if it asked for more. */
  readonly files: readonly string[];
}

/** Has the tools make the unit's output; a unit without arguments for `as` gives the compiler's text. */
export async function makeOutput(
  pool: GccPool,
  unit: Unit & { readonly textOnly?: boolean },
  tree: ChangedTree,
  visible: readonly string[],
  signal?: AbortSignal,
): Promise<CompileResult<MadeOutput>> {
  let files = visible;
  let plainer = 0;
  for (let round = 1; ; round += 1) {
    const read = await tree.sources.readMany(files.filter((path) => !tree.changes.has(path)));
    if (!read.ok) return compileFailure(read);
    const bytesOf = (path: string): Uint8Array => {
      const bytes = read.value.get(path);
      if (!bytes) throw new RangeError(`${path} was not read.`);
      return bytes;
    };
    const { object } = unit;
    const cc1 = [...unit.cc1, ...(PLAINER_MESSAGES[plainer - 1] ?? [])];
    const as = unit.textOnly ? undefined : unit.as;
    const run = await pool.run({ unit: object, cc1, as, files, read: bytesOf, changes: tree.changes }, signal);
    if (!run.ok) return compileFailure(run);
    const outcome = run.value;
    if (outcome.kind === 'made') {
      return success({ output: outcome.output, messages: outcome.messages, timings: outcome.timings, files });
    }
    const broke = outcome.kind === 'crashed' && outcome.tool === 'cc1' && outcome.reason === 'trap';
    if (broke && plainer < PLAINER_MESSAGES.length) {
      plainer += 1;
      continue;
    }
    const header = missingHeader(outcome);
    const found = header && tree.resolve(header.name, header.from, unit);
    if (found === undefined || files.includes(found) || round === MAX_ROUNDS) {
      return unitFailure(object, outcome, (path) => tree.peekText(path));
    }
    const more = await tree.filesOf(unit, [...files, found]);
    if (!more.ok) return compileFailure(more);
    files = more.value;
  }
}

/** The object that runs, of a unit whose new one differs. */
export async function preObject(objects: SourceTree, unit: Unit): Promise<Result<Uint8Array>> {
  if (objects.has(unit.object)) return objects.read(unit.object);
  return failure('unknown_file', 'The pack has no object of this unit.', { where: unit.object });
}
