import type { Changes } from '../diff/changes.ts';
import type { Comparison } from '../diff/compare.ts';
import { describeChanges } from '../diff/describe.ts';
import { compareObjects } from '../diff/diff.ts';
import { hasEffect } from '../diff/effect.ts';
import type { Allowable } from '../diff/refusal.ts';
import { isGlobal } from '../diff/span.ts';
import { targetsOf } from '../diff/targets.ts';
import { EM_386 } from '../elf/constants.ts';
import { failure, success, type Failure, type Result } from '../failure.ts';
import { isTarget, isUpdateId, KERNEL_TARGET, KSPLICE_API_VERSION, moduleFile, moduleName } from './format.ts';
import { gzip } from './gzip.ts';
import type { UpdateKernel } from './kernel.ts';
import { movedFunctions } from './moved.ts';
import { buildNewCode } from './new-code.ts';
import { buildOldCode } from './old-code.ts';
import { writeTar, type TarFile } from './tar.ts';
import { refuseTogether, type Part } from './together.ts';

/** A unit before and after the change. */
export interface UpdateUnit {
  /** As in the kernel tree (`kernel/sys.o`). */
  readonly path: string;
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
  /** The module that it is part of, by its name in /proc/modules; by default the kernel itself, `vmlinux`. */
  readonly target?: string;
}

export interface CreateOptions {
  /** Lower-case letters, digits and _; at most 31 of them. */
  readonly id: string;
  readonly kernel: UpdateKernel;
  /** Every unit that the change rebuilds. */
  readonly units: readonly UpdateUnit[];
  /** The source patch, kept for people to read. */
  readonly patch?: string | undefined;
  readonly description?: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /**
   * Which symbols the kernel's module loader finds for an update: only exported ones, or all global ones. With `exports`, functions that test a static
   * key of the kernel are refused.
   */
  readonly loaderResolves?: 'exports' | 'globals';
  /** Refusals that shall not be made. */
  readonly allow?: readonly Allowable[];
  /** Replace functions too that differ only by line numbers in their code, so that later updates can be made from the patched source. */
  readonly replaceLineOnly?: boolean;
  /** Keep the objects in the update, for whoever looks into it later. */
  readonly keepObjects?: boolean;
  /** Called when the objects have been compared and nothing was refused; what is left is to write the update. */
  readonly onCompared?: () => void;
}

export interface CreatedUpdate {
  readonly tarball: Uint8Array;
  /** One per unit, in the order given. */
  readonly changes: readonly Changes[];
}

/**
 * Makes an update from the objects of its units before and after a change. Failures: those of reading an object, the code of the first refusal
 * (`data_changed`, `unknown_section`, …), `bad_id`, `bad_unit`, `bad_target`, `duplicate_symbol`, `other_target`, `nothing_to_ship`.
 */
export function createUpdate(options: CreateOptions): Result<CreatedUpdate> {
  const wrong = checkOptions(options);
  if (wrong) return wrong;
  const parts: Part[] = [];
  for (const { path, pre, post, target = KERNEL_TARGET } of options.units) {
    const comparison = compareObjects(pre, post, {
      objectPath: path,
      machines: [EM_386],
      allow: options.allow ?? [],
      inModule: target !== KERNEL_TARGET,
      ...(options.replaceLineOnly && { replaceLineOnly: true }),
    });
    if (!comparison.ok) return comparison;
    parts.push({ target, comparison: comparison.value });
  }
  const touched = touchedParts(parts);
  const changes = parts.map((part) => describeChanges(part.comparison, touched.includes(part)));
  const refused = refuseTogether(parts, options.loaderResolves === 'exports');
  if (refused) return refused;
  if (touched.length === 0) {
    return failure('nothing_to_ship', 'Nothing that the kernel runs differs, so there is nothing to update.', {
      where: few(options.units.map((unit) => unit.path)),
      found: withoutEffect(changes),
      hint: 'Check that the patch changes code and not only comments, boot code or line numbers.',
    });
  }
  options.onCompared?.();
  const files = contentsOf(options, touched, changes);
  const tar = writeTar(
    files.map((entry) => ({ name: `ksplice-${options.id}/${entry.name}`, bytes: entry.bytes })),
    options.timestamp,
  );
  return success({ tarball: gzip(tar, options.timestamp), changes });
}

/** The files of the tarball, in their order. */
function contentsOf(options: CreateOptions, touched: readonly Part[], changes: readonly Changes[]): TarFile[] {
  const { id, kernel } = options;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const modules: TarFile[] = [];
  const lines: string[] = [];
  for (const target of new Set(touched.map((part) => part.target))) {
    const comparisons = touched.flatMap((part) => (part.target === target ? [part.comparison] : []));
    const [added, old] = [moduleFile(id, target, 'new'), moduleFile(id, target, 'old')];
    modules.push(
      { name: added, bytes: buildNewCode(kernel, id, target, comparisons) },
      { name: old, bytes: buildOldCode(kernel, id, target, comparisons) },
    );
    lines.push(`change ${target} ${moduleName(id, target, 'new')} ${added} ${moduleName(id, target, 'old')} ${old}\n`);
  }
  const files: TarFile[] = [
    { name: 'api-version', bytes: text(`${KSPLICE_API_VERSION}\n`) },
    { name: 'contents', bytes: text(lines.join('')) },
    {
      name: 'utsname',
      bytes: text(`Sysname: Linux\nMachine: ${kernel.machine}\nRelease: ${kernel.release}\nVersion: ${kernel.version}\n`),
    },
    { name: 'kernel', bytes: text(`${kernel.id}\n`) },
    { name: 'timestamp', bytes: text(`${options.timestamp}\n`) },
    { name: 'patch', bytes: text(options.patch ?? '') },
  ];
  if (options.description !== undefined) files.push({ name: 'description', bytes: text(`${options.description}\n`) });
  files.push(...modules, { name: 'debug/changes.json', bytes: text(`${JSON.stringify(changes, toKeep, 1)}\n`) });
  for (const { path, pre, post } of options.keepObjects ? options.units : [])
    files.push({ name: `debug/objects/pre/${path}`, bytes: pre }, { name: `debug/objects/post/${path}`, bytes: post });
  return files;
}

/** Code that stays as it is is no part of an update. */
function toKeep(key: string, value: unknown): unknown {
  return key === 'lineOnlyCode' ? undefined : value;
}

function checkOptions({ id, units, timestamp }: CreateOptions): Failure | undefined {
  if (!isUpdateId(id))
    return failure('bad_id', 'This cannot be the id of an update.', { expected: 'at most 31 of a-z, 0-9 and _', found: id });
  if (!Number.isSafeInteger(timestamp) || timestamp < 0 || timestamp > 0xffffffff)
    return failure('bad_timestamp', 'This is not a time.', { found: String(timestamp), expected: 'seconds since 1970' });
  const paths = new Set<string>();
  for (const { path, target = KERNEL_TARGET } of units) {
    if (!isTarget(target, id))
      return failure('bad_target', 'This cannot be the target of an update.', {
        where: path,
        expected: 'vmlinux, or the name of a module as /proc/modules lists it',
        found: target,
        hint: 'With a long name of the module, a shorter id helps.',
      });
    if (!/^[A-Za-z0-9_./+-]{1,180}$/.test(path) || /[^/]{99}/.test(path) || paths.has(path))
      return failure('bad_unit', 'Each unit needs a path of its own, as in the kernel tree.', {
        where: path,
        expected: 'such as kernel/sys.o',
      });
    paths.add(path);
  }
  return undefined;
}

/**
 * Units with a part in the update: those in which something is replaced, those with something new that one of them refers to by its name, and those
 * between which a function moved.
 */
function touchedParts(parts: readonly Part[]): Part[] {
  const comparisons = parts.map(({ comparison }) => comparison);
  const homes = new Map<string, Comparison>();
  for (const comparison of comparisons)
    for (const span of comparison.shipped)
      if (!span.partner && isGlobal(span)) for (const { name } of span.symbols) homes.set(name, comparison);
  const moved = movedFunctions(comparisons).flatMap(({ from, to }) => [from, to]);
  const touched = new Set([...comparisons.filter(hasEffect), ...moved]);
  for (const { shipped, inPlace, exports } of touched) {
    const targets = [...[...shipped, ...inPlace.values()].flatMap(targetsOf), ...exports.added.map(({ value }) => value)];
    for (const target of targets) {
      const home = !target || target.span ? undefined : homes.get(target.name);
      if (home) touched.add(home);
    }
  }
  return parts.filter(({ comparison }) => touched.has(comparison));
}

/** What differs where nothing has to be replaced. */
function withoutEffect(changes: readonly Changes[]): string | undefined {
  const kinds: readonly [Changes['ignored'][number]['kind'], string][] = [
    ['boot', 'boot code differs: it has already run, nothing to ship'],
    ['unused', 'new functions that nothing comes to'],
    ['gone', 'names that are gone, and that the running kernel keeps'],
    ['moved', 'sections of functions, as the compiler thinks otherwise of how often they run'],
    ['linkage', 'which names other files see'],
  ];
  const found = kinds.flatMap(([kind, words]) => {
    const names = changes.flatMap(({ ignored }) => ignored.filter((one) => one.kind === kind).map(({ name }) => name));
    return names.length > 0 ? [`${words} (${few(names)})`] : [];
  });
  const lines = changes.flatMap(({ lineOnly }) => lineOnly);
  if (lines.length > 0) found.push(`line numbers (${few(lines)})`);
  return found.length > 0 ? found.join('; ') : undefined;
}

/** The first few of a list that may have hundreds. */
function few(names: readonly string[]): string {
  const rest = names.length - 5;
  return rest > 0 ? `${names.slice(0, 5).join(', ')} and ${rest} more` : names.join(', ');
}
