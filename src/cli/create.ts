import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { bytesEqual } from '../engine/bytes.ts';
import type { Allowable } from '../engine/diff/refusal.ts';
import { failure, success, type Failure, type Result } from '../engine/failure.ts';
import { compilePatch } from '../engine/pipeline/compile-patch.ts';
import type { KernelPack } from '../engine/pipeline/pack.ts';
import { sourceEvidence } from '../engine/pipeline/source-evidence.ts';
import { compileFailure, type CompileResult } from '../engine/toolchain/diagnostic.ts';
import { createUpdate, type CreatedUpdate, type UpdateUnit } from '../engine/update/create.ts';
import type { SourceEvidence } from '../engine/why/explain.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { showChanges } from './diff.ts';
import { fileFailure, readInput, readObjects } from './files.ts';
import { openPack } from './machine.ts';
import { allowOption, parseId, parseJobs, parseTarget, parseTimestamp, type UnitTarget } from './options.ts';
import { Output } from './output.ts';
import { failChange, openChange, sameText, watchedCompile, type SourceChange } from './toolchain.ts';
import { explainUnits, WHY } from './why.ts';

interface CreateOptions {
  readonly kernel?: string;
  readonly pre?: string;
  readonly post?: string;
  readonly patch?: string;
  readonly description?: string;
  readonly id?: string;
  readonly timestamp?: number;
  readonly output?: string;
  readonly jobs?: number;
  readonly allow: readonly Allowable[];
  readonly replaceLineOnly?: boolean;
  readonly keepObjects?: boolean;
  readonly target: readonly UnitTarget[];
  readonly why?: boolean;
  readonly json?: boolean;
  readonly packs?: string;
}

interface UnitPair {
  readonly path: string;
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/** An update that was made. */
interface Made {
  readonly id: string;
  readonly update: CreatedUpdate;
  /** Objects that were compiled and came out as they run. */
  readonly same?: readonly string[];
  /** The source patch, if there is one. */
  readonly patch?: string | undefined;
  readonly sources?: readonly SourceEvidence[];
}

/** `hotsplice create` */
export function createCommand(): Command {
  return new Command('create')
    .description('make an update from a source patch, or from objects built before and after a source change')
    .addOption(new Option('--kernel <id>', 'kernel pack the update is for (default: the first one)'))
    .option('--patch <file>', 'the source patch, kept in the update; compiled, unless --pre and --post are given')
    .option('--pre <folder>', 'objects built from the source as it runs, laid out as in the kernel tree')
    .option('--post <folder>', 'objects built from the changed source, laid out likewise')
    .option('--description <text>', 'one line about the update, kept in it')
    .addOption(new Option('--id <id>', 'id of the update (default: made from its objects)').argParser(parseId))
    .addOption(
      new Option('--timestamp <seconds>', 'time of making, since 1970 (default: SOURCE_DATE_EPOCH, or now)').argParser(
        parseTimestamp,
      ),
    )
    .addOption(allowOption())
    .option('--replace-line-only', 'replace functions too in whose code only line numbers differ, for updates to come')
    .option('--keep-objects', 'keep the compiled objects in the update')
    .addOption(
      new Option('--target <module=unit>', 'with --pre and --post: a unit that is part of a module; repeatable')
        .argParser(parseTarget)
        .default([], 'none'),
    )
    .option('-o, --output <file>', 'where to write the update (default: ksplice-<id>.tar.gz)')
    .addOption(
      new Option('--jobs <number>', 'how many compilers work side by side (default: by cores and memory)').argParser(parseJobs),
    )
    .option(...WHY)
    .option('--json', 'print one JSON document')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<CreateOptions>();
      const output = new Output(options);
      const { pre, post, patch } = options;
      if ((pre === undefined) !== (post === undefined)) command.error('error: give both --pre and --post', { exitCode: 2 });
      if (pre === undefined && patch === undefined) {
        command.error('error: give --patch, or --pre and --post', { exitCode: 2 });
      }
      const timestamp = options.timestamp ?? sourceDate(process.env['SOURCE_DATE_EPOCH']);
      if (timestamp === undefined) return output.fail(badDate());
      const pack = await openPack(options);
      if (!pack.ok) return output.fail(pack);
      let change: SourceChange | undefined;
      let made: Result<Made>;
      if (pre !== undefined && post !== undefined) made = await fromObjects(pack.value, pre, post, options, timestamp);
      else {
        const opened = await openChange(output, pack.value, patch ?? '', options.jobs);
        if (!opened.ok) return failChange(output, opened);
        change = opened.value;
        made = await fromPatch(pack.value, change, output, options, timestamp);
      }
      if (!made.ok) return failChange(output, made, change?.textOf);
      const { id, same, update } = made.value;
      const { tarball, changes } = update;
      const why = await explainUnits(changes, { ...made.value, whole: options.why === true });
      if (!why.ok) return output.fail(why);
      const file = options.output ?? `ksplice-${id}.tar.gz`;
      try {
        await writeFile(file, tarball);
      } catch (error) {
        return output.fail(fileFailure(error, file));
      }
      for (const [index, unit] of changes.entries()) showChanges(output, unit, why.value[index], options.why);
      if (same && same.length > 0) output.line(output.paint('dim', sameText(same)));
      output.line(`${output.paint('bold', file)}  ${tarball.length} bytes, update ${id}`);
      output.document({
        id,
        file,
        bytes: tarball.length,
        changes,
        ...(same && { same }),
        ...(options.why && { why: why.value }),
      });
    });
}

async function fromObjects(
  pack: KernelPack,
  preFolder: string,
  postFolder: string,
  options: CreateOptions,
  timestamp: number,
): Promise<Result<Made>> {
  const units = await readUnits(preFolder, postFolder);
  if (!units.ok) return units;
  let patch: string | undefined;
  if (options.patch !== undefined) {
    const read = await readInput(options.patch);
    if (!read.ok) return read;
    patch = new TextDecoder().decode(read.value);
  }
  const id = options.id ?? idOf(units.value.flatMap(({ path, pre, post }) => [path, pre, post]));
  const aimed = withTargets(units.value, options.target);
  if (!aimed.ok) return aimed;
  const settings = { id, kernel: pack.manifest, units: aimed.value, patch, timestamp };
  const update = createUpdate({ ...settings, ...chosen(options) });
  return update.ok ? success({ id, update: update.value, patch }) : update;
}

async function fromPatch(
  pack: KernelPack,
  change: SourceChange,
  output: Output,
  options: CreateOptions,
  timestamp: number,
): Promise<CompileResult<Made>> {
  const { toolchain, applied, patch } = change;
  const id = options.id ?? idOf([pack.manifest.id, patch]);
  const watch = watchedCompile(output);
  const request = { id, timestamp, patch, ...chosen(options), ...watch.options };
  const built = await compilePatch(toolchain, pack, applied.files, request);
  watch.done();
  toolchain.close();
  if (!built.ok) return built;
  output.complain(renderDiagnostics(built.value.compiled.diagnostics, change.textOf));
  const sources = await sourceEvidence(toolchain, applied.files, patch, built.value.changes);
  if (!sources.ok) return compileFailure(sources);
  return success({ id, update: built.value, same: built.value.compiled.same, patch, sources: sources.value });
}

/** What the command line says of the update, as far as it says anything. */
function chosen({ description, allow, replaceLineOnly, keepObjects }: CreateOptions) {
  return {
    allow,
    ...(description !== undefined && { description }),
    ...(replaceLineOnly && { replaceLineOnly }),
    ...(keepObjects && { keepObjects }),
  };
}

/** Says of each unit what it is part of. */
function withTargets(units: readonly UnitPair[], targets: readonly UnitTarget[]): Result<UpdateUnit[]> {
  const lost = targets.find(({ unit }) => !units.some(({ path }) => path === unit));
  if (lost)
    return failure('bad_unit', 'A unit that was given a target is not among those that changed.', {
      where: lost.unit,
      expected: units.map(({ path }) => path).join(', '),
    });
  return success(
    units.map((one) => {
      const target = targets.find(({ unit }) => unit === one.path)?.module;
      return target === undefined ? one : { ...one, target };
    }),
  );
}

function badDate(): Failure {
  return failure('bad_timestamp', 'The environment holds no time.', {
    where: 'SOURCE_DATE_EPOCH',
    expected: 'whole seconds since 1970',
    found: process.env['SOURCE_DATE_EPOCH'],
    hint: 'Set it right, unset it, or give --timestamp.',
  });
}

/** The time of reproducible builds if it is set, else now; undefined if it is set to something else. */
function sourceDate(text: string | undefined): number | undefined {
  if (text === undefined) return Math.floor(Date.now() / 1000);
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Pairs the objects of both folders. Equal ones need no update; one without a partner is a mistake. */
async function readUnits(preFolder: string, postFolder: string): Promise<Result<UnitPair[]>> {
  const pre = await readObjects(preFolder);
  if (!pre.ok) return pre;
  const post = await readObjects(postFolder);
  if (!post.ok) return post;
  for (const [here, there, folder] of [
    [pre.value, post.value, postFolder],
    [post.value, pre.value, preFolder],
  ] as const) {
    const alone = [...here.keys()].find((path) => !there.has(path));
    if (alone !== undefined) {
      return failure('lone_object', 'An object is in one of the two folders only.', {
        where: alone,
        expected: `${folder}/${alone}`,
        hint: 'Both folders hold the same objects: those rebuilt for the change, as they were before and as they are after.',
      });
    }
  }
  const units = [...post.value].flatMap(([path, bytes]) => {
    const before = pre.value.get(path);
    return before && !bytesEqual(before, bytes) ? [{ path, pre: before, post: bytes }] : [];
  });
  if (units.length > 0) return success(units);
  return failure('no_changes', 'The objects before and after are equal, so there is nothing to update.', { where: postFolder });
}

/** Eight characters that stand for what an update is made of: equal inputs give equal updates. */
function idOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return BigInt(`0x${hash.digest('hex')}`)
    .toString(36)
    .slice(0, 8);
}
