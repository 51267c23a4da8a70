import { bytesEqual } from '../bytes.ts';
import type { TargetComparer } from './equal.ts';
import type { Site, Span } from './span.ts';

/** Whether two functions have the same entries in special tables, line numbers aside. */
export function sameSites(comparer: TargetComparer, pre: Span, post: Span): boolean {
  return (
    pre.sites.length === post.sites.length && pre.sites.every((site, index) => sameSite(comparer, site, post.sites[index], pre))
  );
}

/** Whether two entries say the same of the same place. `from`: the pre span they belong to. */
export function sameSite(same: TargetComparer, a: Site, b: Site | undefined, from: Span): boolean {
  if (!b || a.offset !== b.offset) return false;
  if (a.kind === 'alternative' && b.kind === 'alternative') {
    return (
      a.cpuid === b.cpuid &&
      a.length === b.length &&
      bytesEqual(a.bytes, b.bytes) &&
      same.sameReferences(a.references, b.references, from)
    );
  }
  if (a.kind === 'jump' && b.kind === 'jump')
    return a.flags === b.flags && same.sameTarget(a.target, b.target, from) && same.sameTarget(a.key, b.key, from);
  if (a.kind === 'bug' && b.kind === 'bug')
    return a.flags === b.flags && (a.file && b.file ? same.sameTarget(a.file, b.file, from) : a.file === b.file);
  if (a.kind === 'extable' && b.kind === 'extable') {
    const handled = a.handler && b.handler ? same.sameTarget(a.handler, b.handler, from) : a.handler === b.handler;
    return a.data === b.data && handled && same.sameTarget(a.fixup, b.fixup, from);
  }
  if (a.kind === 'paravirt' && b.kind === 'paravirt') return a.type === b.type && a.length === b.length;
  if (a.kind === 'static-call' && b.kind === 'static-call') return a.flags === b.flags && same.sameTarget(a.key, b.key, from);
  return a.kind === b.kind;
}
