import { bytesEqual } from '../bytes.ts';
import { sameShape } from './equal.ts';
import { cloneKey, coldParent, privateBase, staticLocalBase } from './names.ts';
import { groupBy, pair } from './pairing.ts';
import { spanName, type Span } from './span.ts';
import { correlateStaticLocals } from './static-locals.ts';
import type { Unit } from './unit.ts';

/**
 * Finds for each span of pre the span of post that is the same thing, and records it as `partner` on both. Order: names that are unique in the
 * unit; cold pieces by their parents; clones by contents, then name, then number; static variables of functions by who refers to them; unnamed
 * constants by section. Strings and mergeable constants need no partner: they are compared by content.
 */
export function correlate(pre: Unit, post: Unit): void {
  const preLeft = pre.spans.filter((span) => span.kind !== 'string');
  const postLeft = post.spans.filter((span) => span.kind !== 'string');
  // In what was linked from several objects, the same name may be local to more than one of them.
  if (severalFiles(preLeft) || severalFiles(postLeft)) correlateNames(preLeft, postLeft, (span) => span.symbols[0]?.file);
  correlateNames(preLeft, postLeft, () => undefined);
  correlateClones(preLeft, postLeft);
  correlateCold(preLeft, postLeft);
  correlateUnnamed(preLeft, postLeft);
  correlateStaticLocals(preLeft, postLeft);
}

function severalFiles(spans: readonly Span[]): boolean {
  const first = spans.find((span) => span.symbols[0]?.file !== undefined)?.symbols[0]?.file;
  return spans.some((span) => span.symbols[0]?.file !== undefined && span.symbols[0].file !== first);
}

function plainName(span: Span): string | undefined {
  const name = span.symbols[0]?.name;
  if (name === undefined || cloneKey(name) !== undefined || coldParent(name) !== undefined) return undefined;
  if (span.kind !== 'text' && span.symbols[0]?.bind === 0 && staticLocalBase(name) !== undefined) return undefined;
  return `${span.kind} ${name}`;
}

/** Those of one name in their order, as far as they are of the same `scope`. */
function correlateNames(pre: readonly Span[], post: readonly Span[], scope: (span: Span) => string | undefined): void {
  const key = (span: Span): string | undefined => {
    const name = span.partner ? undefined : plainName(span);
    return name && `${name} ${scope(span) ?? ''}`;
  };
  const posts = groupBy(post, key);
  for (const [name, group] of groupBy(pre, key)) {
    const others = posts.get(name) ?? [];
    group.forEach((span, index) => pair(span, others[index]));
  }
}

function correlateClones(pre: readonly Span[], post: readonly Span[]): void {
  const key = (span: Span): string | undefined => {
    const name = span.kind === 'text' || span.kind === 'opaque' ? span.symbols[0]?.name : undefined;
    const clone = name === undefined || coldParent(name) !== undefined ? undefined : cloneKey(name);
    return clone && `${span.kind} ${clone}`;
  };
  const posts = groupBy(post, key);
  for (const [name, group] of groupBy(pre, key)) {
    const others = posts.get(name) ?? [];
    if (group.length > 1 || others.length > 1) {
      for (const span of group)
        pair(
          span,
          others.find((other) => !other.partner && sameShape(span, other)),
        );
      for (const span of group)
        pair(
          span,
          others.find((other) => spanName(other) === spanName(span)),
        );
    }
    const left = others.filter((other) => !other.partner);
    group.filter((span) => !span.partner).forEach((span, index) => pair(span, left[index]));
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
  for (const span of pre.filter(isCold)) pair(span, posts.get(postNameOf.get(coldParent(spanName(span)) ?? '')));
}

/** Spans without a name: switch tables by section; boot-time sections only if nothing in them moved. */
function correlateUnnamed(pre: readonly Span[], post: readonly Span[]): void {
  const key = (span: Span): string | undefined =>
    span.symbols.length > 0 || privateBase(span.section.name) !== undefined
      ? undefined
      : `${span.kind} ${span.section.name}+${span.offset}`;
  const posts = groupBy(post, key);
  for (const [name, group] of groupBy(pre, key)) {
    const others = posts.get(name) ?? [];
    group.forEach((span, index) => {
      const other = others[index];
      if (span.kind !== 'opaque' || (other && bytesEqual(span.section.data, other.section.data))) pair(span, other);
    });
  }
}
