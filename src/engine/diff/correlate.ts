import { bytesEqual } from '../bytes.ts';
import { sameShape } from './equal.ts';
import { cloneKey, coldParent, privateBase, staticLocalBase } from './names.ts';
import { groupsOf, pair } from './pairing.ts';
import { spanName, type Span } from './span.ts';
import { correlateStaticLocals } from './static-locals.ts';
import type { Unit } from './unit.ts';

/**
 * Finds for each span of pre the span of post that is the same thing, and records it as `partner` on both, with what told so. In the order of
 * evidence.ts: names; clones and cold pieces by their functions; unnamed constants by place; static variables of functions by who refers to them,
 * by content, by order. Strings and mergeable constants need no partner: they are compared by content.
 */
export function correlate(pre: Unit, post: Unit): void {
  const preLeft = pre.spans.filter((span) => span.kind !== 'string');
  const postLeft = post.spans.filter((span) => span.kind !== 'string');
  correlateNames(preLeft, postLeft);
  correlateClones(preLeft, postLeft);
  correlateCold(preLeft, postLeft);
  correlateUnnamed(preLeft, postLeft);
  correlateStaticLocals(preLeft, postLeft);
}

function plainName(span: Span): string | undefined {
  const name = span.symbols[0]?.name;
  if (name === undefined || cloneKey(name) !== undefined || coldParent(name) !== undefined) return undefined;
  if (span.kind !== 'text' && span.symbols[0]?.bind === 0 && staticLocalBase(name) !== undefined) return undefined;
  return `${span.kind} ${name}`;
}

/** In what was linked from several objects, the same name may be local to more than one of them. */
function correlateNames(pre: readonly Span[], post: readonly Span[]): void {
  const inFile = (span: Span): string | undefined => {
    const name = plainName(span);
    return name && `${name} ${span.symbols[0]?.file ?? ''}`;
  };
  for (const [group, others] of groupsOf(pre, post, plainName))
    if (group.length === 1 && others.length === 1) pair(group[0], others[0], 'name');
  for (const [group, others] of groupsOf(pre, post, inFile)) {
    if (group.length === 1 && others.length === 1) pair(group[0], others[0], 'file');
    else pairEqual(group, others);
  }
  for (const key of [inFile, plainName])
    for (const [group, others] of groupsOf(pre, post, key)) group.forEach((span, index) => pair(span, others[index], 'order'));
}

/** Those that are alike, and alike to no other. */
function pairEqual(group: readonly Span[], others: readonly Span[]): void {
  for (const span of group) {
    const alike = others.filter((other) => !other.partner && sameShape(span, other));
    if (alike.length === 1) pair(span, alike[0], 'content');
  }
}

function correlateClones(pre: readonly Span[], post: readonly Span[]): void {
  const key = (span: Span): string | undefined => {
    const name = span.kind === 'text' || span.kind === 'opaque' ? span.symbols[0]?.name : undefined;
    const clone = name === undefined || coldParent(name) !== undefined ? undefined : cloneKey(name);
    return clone && `${span.kind} ${clone}`;
  };
  for (const [group, others] of groupsOf(pre, post, key)) {
    if (group.length === 1 && others.length === 1) pair(group[0], others[0], 'clone');
    for (const span of group)
      pair(
        span,
        others.find((other) => !other.partner && sameShape(span, other)),
        'content',
      );
    for (const span of group)
      pair(
        span,
        others.find((other) => spanName(other) === spanName(span)),
        'clone',
      );
    const left = others.filter((other) => !other.partner);
    group.filter((span) => !span.partner).forEach((span, index) => pair(span, left[index], 'order'));
  }
}

function correlateCold(pre: readonly Span[], post: readonly Span[]): void {
  const isCold = (span: Span): boolean => span.kind === 'text' && coldParent(spanName(span)) !== undefined;
  const posts = new Map(post.filter(isCold).map((span) => [coldParent(spanName(span)), span]));
  const postNameOf = new Map(
    pre
      .filter((span) => span.kind === 'text' && span.partner)
      .map((span) => [spanName(span), span.partner && spanName(span.partner)]),
  );
  for (const span of pre.filter(isCold)) pair(span, posts.get(postNameOf.get(coldParent(spanName(span)) ?? '')), 'clone');
}

/** Spans without a name: switch tables by section; boot-time sections only if nothing in them moved. */
function correlateUnnamed(pre: readonly Span[], post: readonly Span[]): void {
  const key = (span: Span): string | undefined =>
    span.symbols.length > 0 || privateBase(span.section.name) !== undefined
      ? undefined
      : `${span.kind} ${span.section.name}+${span.offset}`;
  for (const [group, others] of groupsOf(pre, post, key)) {
    group.forEach((span, index) => {
      const other = others[index];
      if (span.kind !== 'opaque' || (other && bytesEqual(span.section.data, other.section.data))) pair(span, other, 'place');
    });
  }
}
