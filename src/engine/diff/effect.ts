import type { Comparison } from './compare.ts';
import { hasIdentity } from './equal.ts';
import type { Ignored } from './ignored.ts';
import { isGlobal, spanName, type Span } from './span.ts';
import { targetsOf } from './targets.ts';
import type { Unit } from './unit.ts';

/** Whether a running kernel would notice the difference. New code that nothing comes to is none. */
export function hasEffect({
  changed,
  inPlace,
  hooks,
  exports,
}: Pick<Comparison, 'changed' | 'inPlace' | 'hooks' | 'exports'>): boolean {
  return changed.size + inPlace.size + hooks.length + exports.added.length + exports.removed.length > 0;
}

/** New functions and variables of a unit, by who comes to them. */
export interface Reached {
  /** By code that runs, or by a table that the running kernel reads. */
  readonly byUnit: ReadonlySet<Span>;
  /** Also by those new ones that other units know by name. */
  readonly byKernel: ReadonlySet<Span>;
}

/** Follows references from all of a unit but boot code and tables for tools to what is new in it. */
export function reachedOf(post: Unit): Reached {
  const fresh = new Set(
    post.spans.filter((span) => !span.partner && hasIdentity(span) && ['text', 'data', 'rodata'].includes(span.kind)),
  );
  const old = post.spans.filter((span) => !fresh.has(span) && span.sectionClass !== 'init' && isRead(post, span));
  const reach = (from: Iterable<Span>): Set<Span> => {
    const reached = new Set<Span>(from);
    for (const span of reached)
      for (const { span: target } of targetsOf(span)) if (target && fresh.has(target)) reached.add(target);
    return reached;
  };
  const byUnit = reach(old);
  return { byUnit, byKernel: reach([...byUnit, ...[...fresh].filter(isGlobal)]) };
}

/** Tables that only boot or tools read make nothing run. */
function isRead({ rules }: Unit, { section }: Span): boolean {
  const change = rules[section.index]?.change;
  return change === undefined || change === 'refuse';
}

/** New functions that nothing in the unit comes to but boot code, if that. */
export function unusedNotes(post: Unit, newText: readonly Span[], { byUnit }: Reached): Ignored[] {
  const unused = newText.filter((span) => !byUnit.has(span));
  if (unused.length === 0) return [];
  const users = new Map<Span, Set<string>>(unused.map((span) => [span, new Set()]));
  for (const user of post.spans) {
    if (user.sectionClass !== 'init') continue;
    for (const { span } of targetsOf(user)) if (span) users.get(span)?.add(spanName(user));
  }
  return unused.map((span) => {
    const boot = [...(users.get(span) ?? [])];
    const by = boot.length > 0 ? `only boot code refers to it (${boot.join(', ')})` : 'nothing refers to it';
    const others = isGlobal(span) ? ', unless another unit of the update does' : '';
    return { name: spanName(span), section: span.section.name, kind: 'unused', note: `new, and ${by}${others}` };
  });
}
