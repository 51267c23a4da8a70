import type { Comparison } from '../diff/compare.ts';
import { chainRefusal, hookChains } from '../diff/hooks.ts';
import type { Refusal } from '../diff/refusal.ts';
import { isGlobal, spanName } from '../diff/span.ts';
import { targetsOf } from '../diff/targets.ts';
import { failure, type Failure } from '../failure.ts';
import { movedFunctions, movedVariables } from './moved.ts';

/** A unit of an update with what it is part of. */
export interface Part {
  /** `vmlinux`, or a module. */
  readonly target: string;
  readonly comparison: Comparison;
}

/** Why no update can be made of all units together: the first refusal of one of them, or what only shows when they are put side by side. */
export function refuseTogether(parts: readonly Part[], onlyExports: boolean): Failure | undefined {
  const comparisons = parts.map((part) => part.comparison);
  return (
    firstRefusal(comparisons) ??
    (onlyExports ? refuseKeys(comparisons) : undefined) ??
    duplicateGlobals(comparisons) ??
    refuseMoved(comparisons) ??
    otherTargets(parts) ??
    refuseHooks(comparisons)
  );
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

/** A variable that another unit defines now would be a second one there; a function has to have room for the jump to its new home. */
function refuseMoved(comparisons: readonly Comparison[]): Failure | undefined {
  const [variable] = movedVariables(comparisons);
  if (variable) {
    const { name, from, to } = variable;
    return failure('data_changed', `${name} would begin anew in its new place, and the kernel goes on with the old one.`, {
      where: `${from.objectPath}, ${to.objectPath}: ${name}`,
      hint: 'Leave the variable where it is.',
    });
  }
  const short = movedFunctions(comparisons).find(({ from, span }) => from.fates.get(span) === 'left');
  if (!short) return undefined;
  return failure('function_too_short', `${short.name} has no room for a jump to its new place in ${short.to.objectPath}.`, {
    where: `${short.from.objectPath}: ${short.name}`,
    hint: 'Leave the function where it is.',
  });
}

/** The modules of different targets know each other only by what the running kernel has. */
function otherTargets(parts: readonly Part[]): Failure | undefined {
  const homes = new Map<string, Part>();
  for (const part of parts)
    for (const span of part.comparison.shipped)
      if (isGlobal(span) && !span.partner) for (const { name } of span.symbols) homes.set(name, part);
  for (const { target, comparison } of parts) {
    for (const span of comparison.shipped) {
      for (const to of targetsOf(span)) {
        const home = to.span ? undefined : homes.get(to.name);
        if (!home || home.target === target || to.span) continue;
        return failure('other_target', `${spanName(span)} of ${target} refers to ${to.name}, which is new in ${home.target}.`, {
          where: `${comparison.objectPath}: ${spanName(span)}`,
          expected: 'references between the kernel and its modules lead to what is there already',
          hint: `Make two updates: first one that brings and exports ${to.name}, then one that uses it.`,
        });
      }
    }
  }
  return undefined;
}

/** Ways of hooks through several units. */
function refuseHooks(comparisons: readonly Comparison[]): Failure | undefined {
  const [chain] = hookChains(comparisons);
  if (!chain) return undefined;
  const { code, message, symbol, rule, hint } = chainRefusal(chain);
  return failure(code, message, { where: `${chain.objectPath}: ${symbol ?? ''}`, expected: rule, hint });
}
