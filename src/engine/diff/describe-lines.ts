import { MOST_LINE_ONLY_CODE, type FunctionChange, type LineOnlyCode } from './changes.ts';
import type { Comparison } from './compare.ts';
import { describeCode } from './describe-code.ts';
import { ownerName } from './names.ts';
import { groupBy } from './pairing.ts';
import { spanName } from './span.ts';

/** Functions that differ only in line numbers, by name, and the code of the first of them. `functions`: those that differ otherwise. */
export function describeLineOnly(
  { lineOnly, changed }: Comparison,
  functions: readonly FunctionChange[],
): { readonly lineOnly: string[]; readonly lineOnlyCode: LineOnlyCode[] } {
  const groups = groupBy([...lineOnly.keys()], (span) => ownerName(spanName(span)));
  for (const { name } of functions) groups.delete(name);
  const lineOnlyCode = [...groups].slice(0, MOST_LINE_ONLY_CODE).map(([name, spans]): LineOnlyCode => ({
    name,
    shifts: spans.flatMap((span) => lineOnly.get(span) ?? []),
    pieces: spans.map((span) => ({
      symbol: spanName(span),
      pre: describeCode(span, 'pre', changed),
      post: span.partner && describeCode(span.partner, 'post', changed),
      decidedBy: span.decidedBy,
    })),
  }));
  return { lineOnly: [...groups.keys()], lineOnlyCode };
}
