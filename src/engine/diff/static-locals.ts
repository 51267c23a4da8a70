import { sameShape } from './equal.ts';
import { ownerName, privateBase, staticLocalBase } from './names.ts';
import { groupBy, pair } from './pairing.ts';
import { latin1, spanName, type Reference, type Span } from './span.ts';

/**
 * Static variables of functions (`count.3`): GCC numbers them anew in each compilation, so the number means nothing. The same variable is one of
 * the same name that the same function refers to.
 */
export function correlateStaticLocals(pre: readonly Span[], post: readonly Span[]): void {
  if (!pre.some((span) => openBase(span) !== undefined)) return;
  pairBySameCode(pre);
  pairConstants(pre, post);
  pairByOrder(pre);
  pairByOwner(pre, post);
}

/** The name without its number, if the span is a static variable of a function, or made by the compiler, and has no partner yet. */
function openBase(span: Span | undefined): string | undefined {
  if (!span || span.partner || span.kind === 'text' || span.kind === 'string') return undefined;
  const symbol = span.symbols[0];
  const base = !symbol ? privateBase(span.section.name) : symbol.bind === 0 ? staticLocalBase(symbol.name) : undefined;
  return base === undefined ? undefined : `${span.kind} ${base}`;
}

/** Code or data that did not change shape refers to the same variables in the same places. */
function pairBySameCode(pre: readonly Span[]): void {
  for (const span of pre) {
    const other = span.partner;
    if (!other || !span.references.some((reference) => openBase(reference.target.span) !== undefined)) continue;
    if (!sameShape(span, other)) continue;
    span.references.forEach((reference, index) => {
      const target = other.references[index]?.target.span;
      const base = openBase(reference.target.span);
      if (base !== undefined && base === openBase(target)) pair(reference.target.span, target);
    });
  }
}

/** `__func__.4` and the like: constants of one name and one content. */
function pairConstants(pre: readonly Span[], post: readonly Span[]): void {
  const constant = (span: Span): string | undefined => {
    const base = span.kind === 'rodata' && span.references.length === 0 ? openBase(span) : undefined;
    return base && `${base} ${span.bytes ? latin1(span.bytes) : span.size}`;
  };
  const posts = groupBy(post, constant);
  for (const [key, group] of groupBy(pre, constant)) {
    const others = posts.get(key) ?? [];
    group.forEach((span, index) => pair(span, others[index]));
  }
}

/** In a function that changed, variables of one name correspond in order of first use. */
function pairByOrder(pre: readonly Span[]): void {
  for (const span of pre) {
    if (span.kind !== 'text' || !span.partner) continue;
    const posts = openTargets(span.partner.references);
    for (const [base, group] of openTargets(span.references)) {
      const others = (posts.get(base) ?? []).filter((other) => !other.partner);
      for (const target of group)
        pair(
          target,
          others.find((other) => !other.partner && other.size === target.size),
        );
    }
  }
}

function openTargets(references: readonly Reference[]): Map<string, Span[]> {
  const targets = new Set(references.map((reference) => reference.target.span).filter((span) => span !== undefined));
  return groupBy([...targets], openBase);
}

/** The only variable of its name on both sides, if one of its users is in both or is a function that only one side has. */
function pairByOwner(pre: readonly Span[], post: readonly Span[]): void {
  const preOwners = owners(pre);
  const postOwners = owners(post);
  const posts = groupBy(post, openBase);
  for (const [base, group] of groupBy(pre, openBase)) {
    const [span] = group;
    const [other, ...more] = posts.get(base) ?? [];
    if (!span || !other || group.length > 1 || more.length > 0 || span.size !== other.size) continue;
    const mine = preOwners.get(span) ?? [];
    const theirs = postOwners.get(other) ?? [];
    const names = new Set(theirs.map((owner) => ownerName(spanName(owner))));
    const shared = mine.some((owner) => names.has(ownerName(spanName(owner))));
    if (shared || mine.some((owner) => !owner.partner) || theirs.some((owner) => !owner.partner)) pair(span, other);
  }
}

function owners(spans: readonly Span[]): Map<Span, Span[]> {
  const result = new Map<Span, Span[]>();
  for (const span of spans) {
    for (const reference of span.references) {
      const target = reference.target.span;
      if (!target) continue;
      const list = result.get(target);
      if (list) list.push(span);
      else result.set(target, [span]);
    }
  }
  return result;
}
