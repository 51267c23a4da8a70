import type { Evidence } from './evidence.ts';
import type { Span } from './span.ts';

/** Makes two spans partners, unless one has another partner already; records what told so. */
export function pair(pre: Span | undefined, post: Span | undefined, by: Evidence): boolean {
  if (!pre || !post || pre.partner || post.partner) return false;
  pre.partner = post;
  post.partner = pre;
  pre.decidedBy = by;
  post.decidedBy = by;
  return true;
}

/** Undoes it: the two are no longer taken for the same thing. */
export function part(pre: Span): void {
  const post = pre.partner;
  for (const span of [pre, post]) {
    if (!span) continue;
    span.partner = undefined;
    span.decidedBy = undefined;
  }
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

/** Groups of both sides under the same key. */
export function* groupsOf(
  pre: readonly Span[],
  post: readonly Span[],
  key: (span: Span) => string | undefined,
): Generator<readonly [Span[], Span[]]> {
  const open = (span: Span): string | undefined => (span.partner ? undefined : key(span));
  const posts = groupBy(post, open);
  for (const [name, group] of groupBy(pre, open)) {
    const others = posts.get(name);
    if (others) yield [group, others];
  }
}
