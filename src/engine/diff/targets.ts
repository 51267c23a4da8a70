import type { Span, Target } from './span.ts';

/** Everything a span refers to, from its bytes and from its entries in special tables. */
export function targetsOf(span: Span): Target[] {
  const targets = span.references.filter((reference) => !reference.dead).map((reference) => reference.target);
  for (const site of span.sites) {
    if (site.kind === 'bug' && site.file) targets.push(site.file);
    if (site.kind === 'jump') targets.push(site.key, site.target);
    if (site.kind === 'extable') targets.push(site.fixup, ...(site.handler ? [site.handler] : []));
    if (site.kind === 'static-call') targets.push(site.key);
    if (site.kind === 'alternative') targets.push(...site.references.map((reference) => reference.target));
  }
  return targets;
}
