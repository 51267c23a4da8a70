import { SHN_LORESERVE, STB_LOCAL, STB_WEAK } from '../elf/constants.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Facts } from './refuse.ts';
import { spanName, type Span } from './span.ts';
import type { Unit } from './unit.ts';

/** Names that would come to mean something else, and what boot code made the kernel use. */
export function symbolRefusals(facts: Facts): Refusal[] {
  return [...mismatches(facts), ...registeredRefusals(facts)];
}

/**
 * Other units, which are not rebuilt, go on with what a global name meant when the kernel was linked. So it must mean the partner of that; else they
 * would run something else than the new source says.
 */
function mismatches({ pre, post }: Facts): Refusal[] {
  const refusals: Refusal[] = [];
  const now = globals(post);
  for (const [name, { span, weak }] of globals(pre)) {
    const other = now.get(name)?.span;
    if (!other || weak || span.partner === other) continue;
    const was = spanName(span) === name ? 'stood for itself' : `was another name of ${spanName(span)}`;
    const is = spanName(other) === name ? 'stands for itself' : `is another name of ${spanName(other)}`;
    const message =
      span.kind === other.kind
        ? `${name} ${was} and ${is} now, but the rest of the kernel still goes to the old place.`
        : `${name} was ${WHAT[span.kind]} and is ${WHAT[other.kind]} now, but the rest of the kernel still uses the old one.`;
    refusals.push(refusal('symbol_mismatch', message, { symbol: name, section: span.section.name }));
  }
  const before = globals(pre);
  for (const [name, { span }] of now) {
    const old = span.partner;
    // A new name of something the kernel has already: nothing in the kernel would be found under it.
    if (!old || before.has(name) || spanName(span) === name || spanName(span) !== spanName(old)) continue;
    const message = `${name} is a new name of ${spanName(old)}, under which the running kernel has nothing.`;
    refusals.push(refusal('symbol_mismatch', message, { symbol: name, section: span.section.name }));
  }
  return refusals;
}

const WHAT: Record<Span['kind'], string> = {
  text: 'a function',
  rodata: 'a constant',
  string: 'a text',
  data: 'a variable',
  percpu: 'a variable of each processor',
  opaque: 'something for boot',
};

/** What the global names at the starts of spans mean, boot-time code and data aside. */
function globals(unit: Unit): Map<string, { readonly span: Span; readonly weak: boolean }> {
  const result = new Map<string, { span: Span; weak: boolean }>();
  for (const span of unit.spans) {
    if (span.kind === 'opaque' || span.kind === 'string') continue;
    for (const { name, bind, section } of span.symbols)
      if (bind !== STB_LOCAL && section < SHN_LORESERVE) result.set(name, { span, weak: bind === STB_WEAK });
  }
  return result;
}

/**
 * Boot code has run and is not compared. If it gave away the address of something that is gone from the new source, the kernel goes on
 * using the old one, and what came instead under another name would never run.
 */
function registeredRefusals({ pre, removedText, removedData }: Facts): Refusal[] {
  const code = (span: Span): boolean => span.references.some(({ target }) => target.span?.kind === 'text');
  const gone = new Set([...removedText, ...removedData.filter(code)]);
  const known = new Map<Span, Span>();
  for (const boot of pre.spans) {
    if (boot.sectionClass !== 'init') continue;
    for (const { kind, target } of boot.references) {
      if (kind === 'abs32' && target.span && gone.has(target.span)) known.set(target.span, boot);
    }
  }
  return [...known].map(([span, boot]) => {
    const message = `${spanName(span)} is gone, but ${spanName(boot)} made the kernel use it at boot, and it goes on doing so.`;
    return refusal('registered_at_boot', message, { symbol: spanName(span), section: span.section.name });
  });
}
