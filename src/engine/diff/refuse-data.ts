import { contentSize } from './equal.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Facts } from './refuse.ts';
import { isGlobal, spanName, type Span } from './span.ts';
import { ambiguousLocals } from './static-locals.ts';

/** Variables that the running kernel has otherwise than the new code expects. */
export function dataRefusals(facts: Facts): Refusal[] {
  const shipped = new Set(facts.shipped);
  const lost = ambiguousLocals(facts.pre.spans, facts.post.spans);
  return [
    ...facts.changedData.map(changedRefusal),
    ...[...lost].filter(([span]) => shipped.has(span)).map(([span, candidates]) => lostRefusal(facts, span, candidates)),
  ];
}

function changedRefusal(span: Span): Refusal {
  const name = spanName(span);
  const post = span.partner ?? span;
  const sizes = [contentSize(span), contentSize(post)];
  const message =
    sizes[0] === sizes[1]
      ? `The initial value of ${name} differs, but the kernel already runs with the old one.`
      : `${name} has ${sizes[1]} bytes instead of ${sizes[0]}, but the kernel already runs with the old one.`;
  const details = { symbol: name, section: span.section.name };
  // Only of what no other unit knows by its name can the new code have a copy of its own.
  return refusal('data_changed', message, canBeCopied(span) ? { ...details, allowable: true } : details);
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
