import { contentSize, sameBytes, type TargetComparer } from './equal.ts';
import { bugLineShifts, isCode, type LineEvidence, type LineShift } from './lines.ts';
import { staticLocalBase } from './names.ts';
import { groupBy } from './pairing.ts';
import { latin1, spanName, type Reference, type Span } from './span.ts';
import type { Unit } from './unit.ts';

/** Code or data for booting, or for leaving, that is not as it was: an update cannot bring it about. */
export interface BootDifference {
  /** In pre if it is for boot there, else in post. */
  readonly span: Span;
  readonly status: 'changed' | 'new' | 'removed';
}

/** What differs in code and data of boot. */
export interface BootComparison {
  readonly differences: readonly BootDifference[];
  /** Pre functions that differ only in line numbers. */
  readonly lineOnly: ReadonlyMap<Span, readonly LineShift[]>;
}

/**
 * Compares code and data of boot by name. What only moved, or has another number in its name, is the same. `lines`: asked for only where bytes
 * differ.
 */
export function compareBoot(pre: Unit, post: Unit, lines: () => LineEvidence, comparer: TargetComparer): BootComparison {
  const differences: BootDifference[] = [];
  const lineOnly = new Map<Span, readonly LineShift[]>();
  const fresh = new Set(post.spans.filter((span) => isBoot(post, span) && !span.partner));
  const renumbered = groupBy([...fresh], contentKey);
  const [lastingPre, lastingPost] = [lastingOf(pre), lastingOf(post)];
  for (const span of pre.spans) {
    if (!isBoot(pre, span)) continue;
    const other = span.partner ?? renumbered.get(contentKey(span) ?? '')?.shift();
    if (!other) {
      // Of what is there for any time now, that it is new tells enough.
      if (!lastingPost.has(spanName(span))) differences.push({ span, status: 'removed' });
      continue;
    }
    fresh.delete(other);
    const shifts = lineShifts(span, other, lines, comparer);
    if (!shifts) differences.push({ span, status: 'changed' });
    else if (shifts.length > 0) lineOnly.set(span, shifts);
  }
  for (const span of fresh) {
    // What the kernel has for any time, and would need for boot only, is no news.
    const before = lastingPre.get(spanName(span));
    if (!before) differences.push({ span, status: 'new' });
    else if (!sameContents(before, span, comparer)) differences.push({ span, status: 'changed' });
  }
  return { differences, lineOnly };
}

function isBoot(unit: Unit, span: Span): boolean {
  return span.sectionClass === 'init' && unit.rules[span.section.index]?.change === 'note' && span.symbols.length > 0;
}

/** What a unit has for longer than boot, by name. */
function lastingOf({ spans }: Unit): Map<string, Span> {
  return new Map(spans.flatMap((span) => (span.kind !== 'opaque' && span.symbols.length > 0 ? [[spanName(span), span]] : [])));
}

/** Of what compilers and macros number: its name without the number, and its bytes. */
function contentKey(span: Span): string | undefined {
  const base = staticLocalBase(spanName(span));
  return base && `${base} ${span.size} ${span.bytes ? latin1(span.bytes) : ''}`;
}

/** The lines that moved if nothing else differs; otherwise undefined. */
function lineShifts(pre: Span, post: Span, lines: () => LineEvidence, comparer: TargetComparer): LineShift[] | undefined {
  if (!sameReferences(pre, post, comparer)) return undefined;
  const shifts = isCode(pre) ? (bugLineShifts(pre, post) ?? []) : [];
  if (contentSize(pre) === contentSize(post) && sameBytes(pre, post)) return shifts;
  const immediates = isCode(pre) ? lines().immediates(pre, post) : undefined;
  return immediates && [...shifts, ...immediates];
}

/** The same bytes, and references that lead to the same things. */
export function sameContents(pre: Span, post: Span, comparer: TargetComparer): boolean {
  return contentSize(pre) === contentSize(post) && sameBytes(pre, post) && sameReferences(pre, post, comparer);
}

function sameReferences(pre: Span, post: Span, comparer: TargetComparer): boolean {
  return (
    pre.references.length === post.references.length &&
    pre.references.every((reference, index) => sameReference(reference, post.references[index], pre, comparer))
  );
}

/** Unnamed boot-time constants have no partners, so references to them prove nothing. */
function sameReference(pre: Reference, post: Reference | undefined, from: Span, comparer: TargetComparer): boolean {
  if (!post) return false;
  if (comparer.sameReference(pre, post, from)) return true;
  const unnamed = (span: Span | undefined): boolean => span?.kind === 'opaque' && span.symbols.length === 0;
  return pre.offset === post.offset && unnamed(pre.target.span) && unnamed(post.target.span);
}
