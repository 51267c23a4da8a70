import { STB_LOCAL, STT_FUNC, STT_NOTYPE } from '../elf/constants.ts';
import { isLabelTable } from './equal.ts';
import { walk } from './instruction.ts';
import { coldParent, ownerName } from './names.ts';
import { groupBy } from './pairing.ts';
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
    ...secondEntries(facts, new Set(functions)),
    ...tooClose(facts, new Set(functions)),
    ...facts.shipped.flatMap(splitRefusals),
  ];
}

function functionRefusals({ pre }: Facts, span: Span): Refusal[] {
  const refusals: Refusal[] = [];
  const symbol = spanName(span);
  const at = { symbol, section: span.section.name };
  const fixed = pre.rules[span.section.index]?.fixed;
  if (fixed !== undefined)
    refusals.push(refusal('not_replaceable', `${symbol} in ${span.section.name} cannot be replaced: ${fixed}.`, at));
  if (oldSize(span) < TRAMPOLINE_SIZE) {
    const message = `${symbol} is ${oldSize(span)} bytes long; a jump to its replacement needs ${TRAMPOLINE_SIZE}.`;
    refusals.push(refusal('function_too_short', message, at));
  }
  if (span.sites.some((site) => site.kind === 'jump' && site.offset < TRAMPOLINE_SIZE)) {
    const message = `${symbol} begins with a static branch, which the kernel may rewrite at any time; the jump to its replacement cannot stand there.`;
    refusals.push(refusal('static_branch_at_entry', message, at));
  }
  return refusals;
}

/** Global names inside of functions, by which the rest of the kernel enters them elsewhere than at their start. */
function secondEntries({ pre }: Facts, functions: ReadonlySet<Span>): Refusal[] {
  const bySection = groupBy([...functions], ({ section }) => String(section.index));
  return pre.object.symbols.flatMap(({ name, section, value, bind, type }) => {
    if (bind === STB_LOCAL || (type !== STT_FUNC && type !== STT_NOTYPE)) return [];
    const span = bySection.get(String(section))?.find((one) => one.offset < value && value < one.offset + oldSize(one));
    if (!span) return [];
    const offset = value - span.offset;
    const message = `${spanName(span)} has a second entry, ${name}, 0x${offset.toString(16)} bytes in; whoever enters there would run the old code.`;
    const code = offset < TRAMPOLINE_SIZE ? 'entry_too_close' : 'entry_points';
    return [refusal(code, message, { symbol: spanName(span), section: span.section.name })];
  });
}

/** References from elsewhere into the bytes of a trampoline behind its first. */
function tooClose({ pre }: Facts, functions: ReadonlySet<Span>): Refusal[] {
  const found = new Map<Span, Refusal>();
  for (const from of pre.spans) {
    if (from.kind === 'opaque' || isLabelTable(from)) continue;
    for (const { target } of from.references) {
      const to = target.span;
      if (!to || target.offset <= 0 || target.offset >= TRAMPOLINE_SIZE || !functions.has(to)) continue;
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
