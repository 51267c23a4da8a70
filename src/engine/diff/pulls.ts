import type { DataChange } from './changes.ts';
import type { Comparison } from './compare.ts';
import { isLabelTable } from './equal.ts';
import { spanName, spanText, type Span, type Target } from './span.ts';

/** What a constant that changed refers to and that changed as well: strings it did not have before, and other constants that are not what they were. */
export function pullsOf(comparison: Comparison, pre: Span): DataChange['pulledBy'] {
  const post = comparison.constants.get(pre) ?? comparison.inPlace.get(pre);
  if (!post) return [];
  const before = new Set(pre.references.map(({ target }) => textOf(target)).filter((text) => text !== undefined));
  const copies = new Set(comparison.constants.values());
  const pulls = new Map<string, DataChange['pulledBy'][number]>();
  for (const { target } of post.references) {
    const text = textOf(target);
    if (text !== undefined) {
      if (!before.has(text)) pulls.set(`string ${text}`, { kind: 'string', name: text });
    } else if (target.span && copies.has(target.span) && !isLabelTable(target.span) && target.span.symbols.length > 0) {
      pulls.set(`data ${spanName(target.span)}`, { kind: 'data', name: spanName(target.span) });
    }
  }
  return [...pulls.values()];
}

function textOf({ span, offset }: Target): string | undefined {
  return span?.kind === 'string' ? spanText(span).slice(Math.max(0, offset)) : undefined;
}
