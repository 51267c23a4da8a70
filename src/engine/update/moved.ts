import type { Comparison } from '../diff/compare.ts';
import { isGlobal, spanName, type Span } from '../diff/span.ts';

/** A function or variable that one unit of an update no longer defines and another one does. */
export interface Moved {
  readonly name: string;
  readonly from: Comparison;
  /** The pre span. */
  readonly span: Span;
  readonly to: Comparison;
}

/** Functions that went from one unit to another: their old place leads to the new one. */
export function movedFunctions(comparisons: readonly Comparison[]): Moved[] {
  return moved(
    comparisons,
    ({ newText }) => newText,
    // What nobody outside can still call need not lead anywhere.
    ({ removedText, fates }) => removedText.filter((span) => fates.get(span) !== 'retire'),
  );
}

/** Global variables that did: the new one would begin anew. */
export function movedVariables(comparisons: readonly Comparison[]): Moved[] {
  const variables = (spans: readonly Span[]): Span[] => spans.filter((span) => span.kind === 'data' && isGlobal(span));
  return moved(
    comparisons,
    ({ newData }) => variables(newData),
    ({ removedData }) => variables(removedData),
  );
}

function moved(
  comparisons: readonly Comparison[],
  added: (comparison: Comparison) => readonly Span[],
  removed: (comparison: Comparison) => readonly Span[],
): Moved[] {
  const homes = new Map<string, Comparison>();
  for (const comparison of comparisons)
    for (const span of added(comparison)) if (isGlobal(span)) homes.set(spanName(span), comparison);
  return comparisons.flatMap((from) =>
    removed(from).flatMap((span): Moved[] => {
      const to = homes.get(spanName(span));
      return to && to !== from ? [{ name: spanName(span), from, span, to }] : [];
    }),
  );
}
