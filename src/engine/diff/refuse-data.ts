import { contentSize, sameShape, targetText, TargetComparer } from './equal.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Facts } from './refuse.ts';
import { isGlobal, spanName, spanText, type Span, type Target } from './span.ts';
import { ambiguousLocals } from './static-locals.ts';

/** Variables that the running kernel has otherwise than the new code expects. */
export function dataRefusals(facts: Facts): Refusal[] {
  const shipped = new Set(facts.shipped);
  const lost = ambiguousLocals(facts.pre.spans, facts.post.spans);
  return [
    ...facts.changedData.map((span) => changedRefusal(facts, span)),
    ...[...lost].filter(([span]) => shipped.has(span)).map(([span, candidates]) => lostRefusal(facts, span, candidates)),
  ];
}

function changedRefusal(facts: Facts, span: Span): Refusal {
  const name = spanName(span);
  const what = differenceOf(facts, span, span.partner ?? span, new Set());
  const message = `${name} ${what}, but ${name} is live: the kernel goes on with the old one.`;
  const details = { symbol: name, section: span.section.name };
  // Only of what no other unit knows by its name can the new code have a copy of its own.
  return refusal('data_changed', message, canBeCopied(span) ? { ...details, allowable: true } : details);
}

/** What really differs, said of `pre`: if that is as it was but for where it leads, of the constant at the end of the way. */
function differenceOf(facts: Facts, pre: Span, post: Span, seen: Set<Span>): string {
  seen.add(pre);
  const [before, after] = [contentSize(pre), contentSize(post)];
  if (before !== after) return `has ${after} bytes instead of ${before}`;
  const value = pre.kind === 'rodata' ? 'has other contents' : 'has another initial value';
  if (!sameShape(pre, post)) return value;
  const comparer = new TargetComparer((span) => facts.changed.has(span));
  for (const [index, reference] of pre.references.entries()) {
    const other = post.references[index];
    if (!other || comparer.sameReference(reference, other, pre)) continue;
    const [from, to] = [reference.target, other.target];
    const changed = from.span && facts.constants.get(from.span);
    if (!from.span || !changed || changed !== to.span || from.offset !== to.offset)
      return `leads to ${placeText(to)} instead of ${placeText(from)}`;
    if (!seen.has(from.span)) return `leads to ${spanName(from.span)}, which ${differenceOf(facts, from.span, changed, seen)}`;
  }
  return value;
}

function placeText(target: Target): string {
  return target.span?.kind === 'string' ? JSON.stringify(spanText(target.span).slice(target.offset)) : targetText(target);
}

/** Ksplice gave the new code a second copy of a static variable that changed, and warned. */
export function canBeCopied(span: Span): boolean {
  return span.kind === 'data' && span.symbols.length > 0 && !isGlobal(span);
}

function lostRefusal({ shipped }: Facts, span: Span, candidates: readonly Span[]): Refusal {
  const name = spanName(span);
  const users = shipped.filter((user) => user.references.some((reference) => reference.target.span === span)).map(spanName);
  const which = candidates.map((candidate) => `${spanName(candidate)} (${contentSize(candidate)} bytes)`).join(' or ');
  const message = `${users.join(', ') || 'New code'} uses the static variable ${name} (${contentSize(span)} bytes), which may be ${which} of the running kernel or a new one; nothing tells.`;
  return refusal('ambiguous_static', message, { symbol: users[0] ?? name, section: span.section.name });
}
