import { alignTargets } from './align.ts';
import { contentSize, sameShape } from './equal.ts';
import { isThrowAway, ownerName, privateBase, staticLocalBase } from './names.ts';
import { groupBy, groupsOf, pair } from './pairing.ts';
import { latin1, spanName, type Span } from './span.ts';
import { targetsOf } from './targets.ts';

/**
 * Static variables of functions (`count.3`): compilers number them anew in each compilation, so the number means nothing. The same variable is one of
 * the same name that the same function refers to, from the same place; failing that, one with the same contents; and last, one in the same order.
 */
export function correlateStaticLocals(pre: readonly Span[], post: readonly Span[]): void {
  if (!pre.some((span) => openBase(span) !== undefined)) return;
  pairBySameCode(pre);
  pairByPlace(pre, contentBase);
  pairByContent(pre, post);
  pairByPlace(pre, openBase);
  pairByOwner(pre, post);
  pairByOrder(pre);
  // What a variable of a function points to, and so on.
  pairBySameCode(pre);
  pairThrowAways(pre);
}

/** The name without its number, if the span is a static variable of a function, or made by the compiler, and has no partner yet. */
function openBase(span: Span | undefined): string | undefined {
  return span?.partner ? undefined : localBase(span);
}

/** The same, whether it has a partner or not. */
export function localBase(span: Span | undefined): string | undefined {
  if (!span || span.kind === 'text' || span.kind === 'string') return undefined;
  const symbol = span.symbols[0];
  const base = !symbol ? privateBase(span.section.name) : symbol.bind === 0 ? staticLocalBase(symbol.name) : undefined;
  return base === undefined ? undefined : `${span.kind} ${base}`;
}

/** The variable holds something that a running kernel needs: another one in its place would be wrong. */
export function holdsState(span: Span): boolean {
  const name = span.symbols[0]?.name;
  return (span.kind === 'data' || span.kind === 'percpu') && name !== undefined && !isThrowAway(staticLocalBase(name) ?? name);
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
      if (base !== undefined && base === openBase(target)) pair(reference.target.span, target, 'references');
    });
  }
}

/** Bytes of an initial value that count when variables are told apart by it. */
const MAX_HASHED = 4096;

/** The same together with the size and the initial value. */
function contentBase(span: Span | undefined): string | undefined {
  const base = openBase(span);
  if (base === undefined || !span) return undefined;
  let value = 0;
  for (const byte of span.bytes?.subarray(0, MAX_HASHED) ?? []) value = (Math.imul(value, 31) + byte) | 0;
  return `${base} ${span.bytes ? value : 'zero'} ${contentSize(span)}`;
}

/** In a function that changed: those that all ways to lay its references beside those of its partner have in the same place. */
function pairByPlace(pre: readonly Span[], base: (span: Span | undefined) => string | undefined): void {
  for (const span of pre) {
    if (span.kind !== 'text' || !span.partner) continue;
    const left = targetsOf(span).map((target) => target.span);
    if (!left.some((target) => openBase(target) !== undefined)) continue;
    for (const { pre: variable, post, by } of alignTargets(span, span.partner, base)) pair(variable, post, by);
  }
}

/** `__func__.4` and the like, and variables of one name and size of which only one has these contents: what is alike is the same. */
function pairByContent(pre: readonly Span[], post: readonly Span[]): void {
  const constant = (span: Span): string | undefined => {
    const base = span.kind === 'rodata' && span.references.length === 0 ? openBase(span) : undefined;
    return base && `${base} ${span.bytes ? latin1(span.bytes) : span.size}`;
  };
  for (const [group, others] of groupsOf(pre, post, constant))
    group.forEach((span, index) => pair(span, others[index], 'content'));
  for (const span of pre) {
    if (span.kind !== 'text' || !span.partner) continue;
    for (const [group, others] of groupsOf(openTargets(span), openTargets(span.partner), contentBase))
      if (group.length === 1 && others.length === 1) pair(group[0], others[0], 'content');
  }
}

/** As many of one name before as after, in one function: in the order in which it first refers to them. */
function pairByOrder(pre: readonly Span[]): void {
  for (const span of pre) {
    if (span.kind !== 'text' || !span.partner) continue;
    for (const [group, others] of groupsOf(openTargets(span), openTargets(span.partner), openBase)) {
      if (group.length !== others.length) continue;
      if (group.every((variable, index) => contentSize(variable) === contentSize(others[index] ?? variable)))
        group.forEach((variable, index) => pair(variable, others[index], group.length === 1 ? 'references' : 'order'));
    }
  }
}

/** Any of one name and size in one function will do. */
function pairThrowAways(pre: readonly Span[]): void {
  for (const span of pre) {
    if (span.kind !== 'text' || !span.partner) continue;
    for (const [group, others] of groupsOf(openTargets(span), openTargets(span.partner), openBase)) {
      for (const variable of group) {
        if (holdsState(variable)) continue;
        const other = others.find((candidate) => !candidate.partner && candidate.size === variable.size);
        pair(variable, other, 'order');
      }
    }
  }
}

function openTargets(span: Span): Span[] {
  const targets = new Set(targetsOf(span).map((target) => target.span));
  return [...targets].filter((target) => target !== undefined && openBase(target) !== undefined) as Span[];
}

/**
 * The only variable of its name on both sides, if one of its users is in both, or if the user of one side became part of the user on the other: it was
 * called from there, or is called from there now.
 */
function pairByOwner(pre: readonly Span[], post: readonly Span[]): void {
  const preOwners = owners(pre);
  const postOwners = owners(post);
  for (const [group, others] of groupsOf(pre, post, openBase)) {
    const [span] = group;
    const [other] = others;
    if (!span || !other || group.length > 1 || others.length > 1) continue;
    const mine = preOwners.get(span) ?? [];
    const theirs = postOwners.get(other) ?? [];
    const names = new Set(theirs.map((owner) => ownerName(spanName(owner))));
    const shared = mine.some((owner) => names.has(ownerName(spanName(owner))) || theirs.includes(owner.partner ?? owner));
    const merged =
      mine.some((owner) => !owner.partner && theirs.some((user) => user.partner && refersTo(user.partner, owner))) ||
      theirs.some((owner) => !owner.partner && mine.some((user) => user.partner && refersTo(user.partner, owner)));
    if (shared || merged) pair(span, other, 'references');
  }
}

function refersTo(span: Span, target: Span): boolean {
  return span.references.some((reference) => reference.target.span === target);
}

function owners(spans: readonly Span[]): Map<Span, Span[]> {
  const result = new Map<Span, Span[]>();
  for (const span of spans) {
    for (const { span: target } of targetsOf(span)) {
      if (!target) continue;
      const list = result.get(target);
      if (list) list.push(span);
      else result.set(target, [span]);
    }
  }
  return result;
}

/** Variables with state, each with those of the other side that it may be or not be: nothing tells. Post first. */
export function ambiguousLocals(pre: readonly Span[], post: readonly Span[]): Map<Span, readonly Span[]> {
  const open = (span: Span): string | undefined => (holdsState(span) ? openBase(span) : undefined);
  const lost = groupBy(pre, open);
  const result = new Map<Span, readonly Span[]>();
  for (const span of post) {
    const base = open(span);
    const candidates = base === undefined ? undefined : lost.get(base);
    if (candidates) result.set(span, candidates);
  }
  return result;
}
