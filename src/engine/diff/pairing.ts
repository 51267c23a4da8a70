import type { Span } from './span.ts';

/** Makes two spans partners, unless one has another partner already. */
export function pair(pre: Span | undefined, post: Span | undefined): boolean {
  if (!pre || !post || pre.partner || post.partner) return false;
  pre.partner = post;
  post.partner = pre;
  return true;
}

/** Spans by key, in their order; those without a key are left out. */
export function groupBy(spans: readonly Span[], key: (span: Span) => string | undefined): Map<string, Span[]> {
  const groups = new Map<string, Span[]>();
  for (const span of spans) {
    const name = key(span);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group) group.push(span);
    else groups.set(name, [span]);
  }
  return groups;
}
