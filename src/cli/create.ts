import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { failure, success, type Result } from '../engine/failure.ts';
import { createUpdate } from '../engine/update/create.ts';
import { showChanges } from './diff.ts';
import { fileFailure, readInput, readObjects } from './files.ts';
import { openPack } from './machine.ts';
import { parseId, parseTimestamp } from './options.ts';
import { Output } from './output.ts';

interface CreateOptions {
  readonly kernel?: string;
  readonly pre?: string;
  readonly post?: string;
  readonly patch?: string;
  readonly description?: string;
  readonly id?: string;
  readonly timestamp?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly packs?: string;
}

interface UnitPair {
  readonly path: string;
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/** `hotsplice create` */
export function createCommand(): Command {
  return new Command('create')
    .description('make an update from objects built before and after a source change')
    .addOption(new Option('--kernel <id>', 'kernel pack the update is for (default: the first one)'))
    .option('--pre <folder>', 'objects built from the source as it runs, laid out as in the kernel tree')
    .option('--post <folder>', 'objects built from the changed source, laid out likewise')
    .option('--patch <file>', 'the source patch, kept in the update for people to read')
    .option('--description <text>', 'one line about the update, kept in it')
    .addOption(new Option('--id <id>', 'id of the update (default: made from its objects)').argParser(parseId))
    .addOption(
      new Option('--timestamp <seconds>', 'time of making, since 1970 (default: SOURCE_DATE_EPOCH, or now)').argParser(
        parseTimestamp,
      ),
    )
    .option('-o, --output <file>', 'where to write the update (default: ksplice-<id>.tar.gz)')
    .option('--json', 'print one JSON document')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<CreateOptions>();
      const output = new Output(options);
      if (!options.pre || !options.post) command.error('error: give both --pre and --post', { exitCode: 2 });
      const made = await create(options, options.pre, options.post);
      if (!made.ok) return output.fail(made);
      const { id, file, changes, bytes } = made.value;
      for (const unit of changes) showChanges(output, unit);
      output.line(`${output.paint('bold', file)}  ${bytes} bytes, update ${id}`);
      output.document({ id, file, bytes, changes });
    });
}

async function create(options: CreateOptions, preFolder: string, postFolder: string) {
  const pack = await openPack(options);
  if (!pack.ok) return pack;
  const units = await readUnits(preFolder, postFolder);
  if (!units.ok) return units;
  let patch: string | undefined;
  if (options.patch !== undefined) {
    const read = await readInput(options.patch);
    if (!read.ok) return read;
    patch = new TextDecoder().decode(read.value);
  }
  const id = options.id ?? idOf(units.value);
  const timestamp = options.timestamp ?? sourceDate(process.env['SOURCE_DATE_EPOCH']);
  if (timestamp === undefined) {
    return failure('bad_timestamp', 'The environment holds no time.', {
      where: 'SOURCE_DATE_EPOCH',
      expected: 'whole seconds since 1970',
      found: process.env['SOURCE_DATE_EPOCH'],
      hint: 'Set it right, unset it, or give --timestamp.',
    });
  }
  const update = createUpdate({
    id,
    kernel: pack.value.manifest,
    units: units.value,
    patch,
    description: options.description,
    timestamp,
  });
  if (!update.ok) return update;
  const file = options.output ?? `ksplice-${id}.tar.gz`;
  try {
    await writeFile(file, update.value.tarball);
  } catch (error) {
    return fileFailure(error, file);
  }
  return success({ id, file, bytes: update.value.tarball.length, changes: update.value.changes });
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
    return before && !equal(before, bytes) ? [{ path, pre: before, post: bytes }] : [];
  });
  if (units.length > 0) return success(units);
  return failure('no_changes', 'The objects before and after are equal, so there is nothing to update.', { where: postFolder });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Eight characters that stand for these objects: equal inputs give equal updates. */
function idOf(units: readonly UnitPair[]): string {
  const hash = createHash('sha256');
  for (const { path, pre, post } of units) hash.update(path).update(pre).update(post);
  return BigInt(`0x${hash.digest('hex')}`)
    .toString(36)
    .slice(0, 8);
}
