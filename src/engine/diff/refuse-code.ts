import { correspondences } from './entries.ts';
import { isLabelTable } from './equal.ts';
import { walk } from './instruction.ts';
import { coldParent, ownerName } from './names.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Facts } from './refuse.ts';
import { spanName, type Span } from './span.ts';

/** Bytes of a trampoline: `jmp rel32`. */
export const TRAMPOLINE_SIZE = 5;

/** Functions that cannot give way to another, and code that cannot be taken out of its section. */
export function codeRefusals(facts: Facts): Refusal[] {
  const functions = [...facts.changed].filter((span) => coldParent(spanName(span)) === undefined);
  return [
    ...functions.flatMap((span) => functionRefusals(facts, span)),
    ...tooClose(facts, new Set(functions)),
    ...facts.shipped.flatMap(splitRefusals),
  ];
}

function functionRefusals({ pre, post }: Facts, span: Span): Refusal[] {
  const refusals: Refusal[] = [];
  const symbol = spanName(span);
  const at = { symbol, section: span.section.name };
  const fixed = pre.rules[span.section.index]?.fixed;
  if (fixed !== undefined)
    refusals.push(refusal('not_replaceable', `${symbol} in ${span.section.name} cannot be replaced: ${fixed}.`, at));
  const entries = correspondences(pre, post, span, oldSize(span));
  for (const { name, offset, size, to } of entries) {
    if (entries.length > 1 && size < TRAMPOLINE_SIZE) {
      const message = `${symbol} is entered at ${name}, 0x${offset.toString(16)} bytes in, and only ${size} bytes later again or no more; a jump needs ${TRAMPOLINE_SIZE}.`;
      refusals.push(refusal('entry_too_close', message, at));
    }
    if (to && to.span !== span.partner) {
      const message = `${symbol} had the entry ${name}, which leads into ${spanName(to.span)} now.`;
      refusals.push(refusal('entry_points', message, at));
    }
  }
  if (entries.length === 1 && oldSize(span) < TRAMPOLINE_SIZE) {
    const message = `${symbol} is ${oldSize(span)} bytes long; a jump to its replacement needs ${TRAMPOLINE_SIZE}.`;
    refusals.push(refusal('function_too_short', message, at));
  }
  const starts = new Set(entries.map(({ offset }) => offset));
  const atEntry = (offset: number): boolean => [0, 1, 2, 3, 4].some((by) => starts.has(offset - by));
  if (span.sites.some((site) => site.kind === 'jump' && atEntry(site.offset))) {
    const message = `${symbol} begins with a static branch, which the kernel may rewrite at any time; the jump to its replacement cannot stand there.`;
    refusals.push(refusal('static_branch_at_entry', message, at));
  }
  return refusals;
}

/** References from elsewhere into the bytes of a trampoline behind its first. */
function tooClose({ pre }: Facts, functions: ReadonlySet<Span>): Refusal[] {
  const found = new Map<Span, Refusal>();
  for (const from of pre.spans) {
    if (from.kind === 'opaque' || isLabelTable(from)) continue;
    for (const { target } of from.references) {
      const to = target.span;
      if (!to || target.offset <= 0 || !functions.has(to)) continue;
      const entry = pre.entries.of(to).findLast(({ offset }) => offset <= target.offset);
      if (!entry || target.offset === entry.offset || target.offset - entry.offset >= TRAMPOLINE_SIZE) continue;
      // Its own code and pieces run no longer when it is replaced.
      if (from.kind === 'text' && ownerName(spanName(from)) === ownerName(spanName(to))) continue;
      const message = `${spanName(from)} leads to ${spanName(to)}+0x${target.offset.toString(16)}, into the ${TRAMPOLINE_SIZE} bytes of the jump to its replacement.`;
      found.set(to, refusal('entry_too_close', message, { symbol: spanName(to), section: to.section.name }));
    }
  }
  return [...found.values()];
}

/** Bytes of the function itself, without the padding behind it. */
export function oldSize(span: Span): number {
  const size = span.symbols[0]?.size ?? 0;
  return size > 0 ? Math.min(size, span.size) : span.size;
}

/** A function can only be taken out of a section of several if its branches to the others have room for a longer way. */
function splitRefusals(span: Span): Refusal[] {
  if (span.kind !== 'text' || !span.bytes || span.size === span.section.size) return [];
  let end = 0;
  for (const { offset, instruction } of walk(span.bytes, span.bits)) {
    end = offset + instruction.length;
    if (!instruction.branch || instruction.immediateSize === 4) continue;
    const to = end + (((span.bytes[offset + instruction.immediateOffset] ?? 0) << 24) >> 24);
    if (to < 0 || to >= span.size) return [notSplittable(span, `+0x${offset.toString(16)} branches to code outside of it`)];
  }
  return end === span.size ? [] : [notSplittable(span, `+0x${end.toString(16)} is no instruction that can be understood`)];
}

function notSplittable(span: Span, problem: string): Refusal {
  const name = spanName(span);
  const message = `${name} cannot be taken out of ${span.section.name}: ${name}${problem}.`;
  return refusal('section_not_splittable', message, { symbol: name, section: span.section.name });
}
