import type { Changes } from '../diff/changes.ts';
import type { Comparison } from '../diff/compare.ts';
import { describeChanges } from '../diff/describe.ts';
import { compareObjects } from '../diff/diff.ts';
import { hasEffect } from '../diff/effect.ts';
import type { Allowable, Refusal } from '../diff/refusal.ts';
import { isGlobal, spanName } from '../diff/span.ts';
import { targetsOf } from '../diff/targets.ts';
import { EM_386 } from '../elf/constants.ts';
import { failure, success, type Failure, type Result } from '../failure.ts';
import { isUpdateId, KSPLICE_API_VERSION } from './format.ts';
import { gzip } from './gzip.ts';
import type { UpdateKernel } from './kernel.ts';
import { buildNewCode } from './new-code.ts';
import { buildOldCode } from './old-code.ts';
import { writeTar } from './tar.ts';

export interface CreateOptions {
  /** Lower-case letters, digits and _; at most 31 of them. */
  readonly id: string;
  readonly kernel: UpdateKernel;
  /** Every unit that the change rebuilds; paths as in the kernel tree (`kernel/sys.o`). */
  readonly units: readonly { readonly path: string; readonly pre: Uint8Array; readonly post: Uint8Array }[];
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
 * (`data_changed`, `unknown_section`, …), `bad_id`, `bad_unit`, `nothing_to_ship`.
 */
export function createUpdate(options: CreateOptions): Result<CreatedUpdate> {
  const wrong = checkOptions(options);
  if (wrong) return wrong;
  const comparisons: Comparison[] = [];
  for (const unit of options.units) {
    const comparison = compareObjects(unit.pre, unit.post, {
      objectPath: unit.path,
      machines: [EM_386],
      allow: options.allow ?? [],
    });
    if (!comparison.ok) return comparison;
    comparisons.push(comparison.value);
  }
  const touched = touchedUnits(comparisons);
  const changes = comparisons.map((comparison) => describeChanges(comparison, touched.includes(comparison)));
  const refused =
    firstRefusal(comparisons) ??
    (options.loaderResolves === 'exports' ? refuseKeys(comparisons) : undefined) ??
    duplicateGlobals(comparisons);
  if (refused) return refused;
  if (touched.length === 0) {
    return failure('nothing_to_ship', 'No function that the kernel runs differs, so there is nothing to update.', {
      where: few(options.units.map((unit) => unit.path)),
      found: withoutEffect(changes),
      hint: 'Check that the patch changes code and not only comments, boot code or line numbers.',
    });
  }
  options.onCompared?.();
  const { id, kernel } = options;
  const file = (role: string): string => `ksplice-${id}_vmlinux-${role}.ko`;
  const module = (role: string): string => `ksplice_${id}_vmlinux_${role}`;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const files: { name: string; bytes: Uint8Array }[] = [
    { name: 'api-version', bytes: text(`${KSPLICE_API_VERSION}\n`) },
    { name: 'contents', bytes: text(`change vmlinux ${module('new')} ${file('new')} ${module('old')} ${file('old')}\n`) },
    {
      name: 'utsname',
      bytes: text(`Sysname: Linux\nMachine: ${kernel.machine}\nRelease: ${kernel.release}\nVersion: ${kernel.version}\n`),
    },
    { name: 'kernel', bytes: text(`${kernel.id}\n`) },
    { name: 'timestamp', bytes: text(`${options.timestamp}\n`) },
    { name: 'patch', bytes: text(options.patch ?? '') },
  ];
  if (options.description !== undefined) files.push({ name: 'description', bytes: text(`${options.description}\n`) });
  files.push(
    { name: file('new'), bytes: buildNewCode(kernel, id, touched) },
    { name: file('old'), bytes: buildOldCode(kernel, id, touched) },
    { name: 'debug/changes.json', bytes: text(`${JSON.stringify(changes, toKeep, 1)}\n`) },
  );
  const tar = writeTar(
    files.map((entry) => ({ name: `ksplice-${id}/${entry.name}`, bytes: entry.bytes })),
    options.timestamp,
  );
  return success({ tarball: gzip(tar, options.timestamp), changes });
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
  for (const { path } of units) {
    if (!/^[A-Za-z0-9_./+-]{1,180}$/.test(path) || paths.has(path))
      return failure('bad_unit', 'Each unit needs a path of its own, as in the kernel tree.', {
        where: path,
        expected: 'such as kernel/sys.o',
      });
    paths.add(path);
  }
  return undefined;
}

/** Units with a part in the update: those in which something is replaced, and those with something new that one of them refers to by its name. */
function touchedUnits(comparisons: readonly Comparison[]): Comparison[] {
  const homes = new Map<string, Comparison>();
  for (const comparison of comparisons)
    for (const span of comparison.shipped)
      if (!span.partner && isGlobal(span)) for (const { name } of span.symbols) homes.set(name, comparison);
  const touched = new Set(comparisons.filter(hasEffect));
  for (const { shipped } of touched) {
    for (const span of shipped) {
      for (const target of targetsOf(span)) {
        const home = target.span ? undefined : homes.get(target.name);
        if (home) touched.add(home);
      }
    }
  }
  return comparisons.filter((comparison) => touched.has(comparison));
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

function firstRefusal(comparisons: readonly Comparison[]): Failure | undefined {
  const all = comparisons.flatMap((comparison) =>
    comparison.refusals.map((refusal) => ({ refusal, path: comparison.objectPath })),
  );
  const [first] = all;
  if (!first) return undefined;
  const { refusal, path } = first;
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  return failure(refusal.code, refusal.message + more, {
    where: [path, placeOf(refusal), refusal.section, refusal.symbol].filter((part) => part !== undefined).join(': '),
    expected: refusal.rule,
    hint: refusal.allowable ? `${refusal.hint} Or leave it as it is: --allow ${refusal.code}.` : refusal.hint,
  });
}

/** `kernel/sys.c:1200`, as far as it is known. */
function placeOf({ file, line }: Refusal): string | undefined {
  return file === undefined || line === undefined ? file : `${file}:${line}`;
}

function refuseKeys(comparisons: readonly Comparison[]): Failure | undefined {
  for (const comparison of comparisons) {
    for (const span of comparison.shipped) {
      const site = span.sites.find(
        (candidate) => candidate.kind === 'jump' && (!candidate.key.span || candidate.key.span.partner !== undefined),
      );
      if (site?.kind !== 'jump') continue;
      const key = site.key.span ? spanName(site.key.span) : site.key.name;
      return failure(
        'static_key',
        `${spanName(span)} tests the static key ${key}, which this kernel's module loader cannot find.`,
        {
          where: `${comparison.objectPath}: ${spanName(span)}`,
          hint: 'Test the key with static_key_enabled() in the changed function.',
        },
      );
    }
  }
  return undefined;
}

function duplicateGlobals(comparisons: readonly Comparison[]): Failure | undefined {
  const seen = new Map<string, string>();
  for (const comparison of comparisons) {
    for (const span of comparison.shipped) {
      if (span.partner || !isGlobal(span)) continue;
      const other = seen.get(spanName(span));
      if (other !== undefined)
        return failure('duplicate_symbol', `Two units define a new ${spanName(span)}.`, {
          where: `${other}, ${comparison.objectPath}`,
        });
      seen.set(spanName(span), comparison.objectPath);
    }
  }
  return undefined;
}
