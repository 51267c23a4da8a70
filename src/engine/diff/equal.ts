import { bytesEqual } from '../bytes.ts';
import { SHF_MERGE } from '../elf/constants.ts';
import { isNops } from './instruction.ts';
import { coldParent } from './names.ts';
import { type Span, spanName, type Reference, type Target } from './span.ts';

/** Bytes of mergeable sections have no identity: any copy is as good as another. */
export function hasIdentity(span: Span): boolean {
  return span.kind !== 'string' && !(span.kind === 'rodata' && (span.section.flags & SHF_MERGE) !== 0);
}

/** Leads into the code of a function rather than to a function: only that function itself can mean it. */
export function isLabel({ span, offset }: Target): boolean {
  return span?.kind === 'text' && (offset !== 0 || coldParent(spanName(span)) !== undefined);
}

/** A table of places inside of functions: jump targets, labels. It differs whenever the code does, and means nothing to a person. */
export function isLabelTable(span: Span): boolean {
  return span.kind === 'rodata' && span.references.length > 0 && span.references.every((reference) => isLabel(reference.target));
}

/** Both end at the first NUL from the given offset on. */
function textEqual(a: Span, aFrom: number, b: Span, bFrom: number): boolean {
  for (let i = 0; ; i++) {
    const left = a.bytes?.[aFrom + i];
    if (left !== b.bytes?.[bFrom + i]) return false;
    if (left === 0 || left === undefined) return true;
  }
}

/** Whether two spans have the same bytes around the references that both have in the same places, as far as the shorter one goes. */
export function sameBytes(pre: Span, post: Span): boolean {
  const a = pre.bytes;
  const b = post.bytes;
  if (!a || !b) return true;
  const length = Math.min(contentSize(pre), contentSize(post));
  let at = 0;
  let next = 0;
  for (const { offset, size } of pre.references) {
    while ((post.references[next]?.offset ?? Infinity) < offset) next++;
    if (post.references[next]?.offset !== offset) continue;
    for (; at < offset && at < length; at++) if (a[at] !== b[at]) return false;
    at = Math.max(at, offset + size);
  }
  for (; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Offsets of bytes that are no part of a reference that both have there, and differ. Stops at the end of the shorter one. */
export function* differingBytes(pre: Span, post: Span): Generator<number> {
  const a = pre.bytes;
  const b = post.bytes;
  if (!a || !b) return;
  const length = Math.min(contentSize(pre), contentSize(post));
  let at = 0;
  let next = 0;
  for (const { offset, size } of pre.references) {
    while ((post.references[next]?.offset ?? Infinity) < offset) next++;
    if (post.references[next]?.offset !== offset) continue;
    for (; at < offset && at < length; at++) if (a[at] !== b[at]) yield at;
    at = Math.max(at, offset + size);
  }
  for (; at < length; at++) if (a[at] !== b[at]) yield at;
}

/**
 * Bytes of a function or variable without what only aligns the one behind it in its section: no-operations or zeros past the symbol's size. What
 * is neither belongs to it.
 */
export function contentSize(span: Span): number {
  const size = span.symbols[0]?.size ?? 0;
  if (size === 0 || size >= span.size || (span.references.at(-1)?.offset ?? 0) >= size) return span.size;
  const rest = span.bytes?.subarray(size);
  if (!rest) return size;
  const padding = span.kind === 'text' ? isNops(rest, span.bits) : rest.every((byte) => byte === 0);
  return padding ? size : span.size;
}

/** Same size, same bytes around the references, references in the same places. */
export function sameShape(pre: Span, post: Span): boolean {
  if (contentSize(pre) !== contentSize(post) || (pre.bytes === undefined) !== (post.bytes === undefined)) return false;
  if (pre.references.length !== post.references.length) return false;
  for (let i = 0; i < pre.references.length; i++) {
    const a = pre.references[i];
    const b = post.references[i];
    if (a?.offset !== b?.offset || a?.kind !== b?.kind) return false;
  }
  return sameBytes(pre, post);
}

/** Decides whether a reference of pre and one of post mean the same thing. `isChanged` tells whether a pre text span will be replaced. */
export class TargetComparer {
  constructor(
    readonly isChanged: (pre: Span) => boolean,
    /** Whether both are the same entry of a function behind its start: whoever goes there is led on. */
    readonly sameEntry: (pre: Target, post: Target) => boolean = () => false,
  ) {}

  sameTarget(pre: Target, post: Target, from: Span): boolean {
    if (!pre.span || !post.span) {
      const name = (target: Target): string =>
        target.span ? (target.span.symbols.find((symbol) => symbol.bind !== 0)?.name ?? '') : target.name;
      return pre.offset === post.offset && name(pre) !== '' && name(pre) === name(post);
    }
    if (pre.span.kind === 'string' && post.span.kind === 'string') return textEqual(pre.span, pre.offset, post.span, post.offset);
    if (!hasIdentity(pre.span) && !hasIdentity(post.span))
      return pre.offset === post.offset && bytesEqual(pre.span.bytes, post.span.bytes);
    if (pre.span.partner === post.span && pre.span.kind === 'text' && pre.offset !== 0 && this.sameEntry(pre, post)) return true;
    if (pre.span.partner !== post.span || pre.offset !== post.offset) return false;
    // Its entry leads on to the new function; what is inside of it does not.
    return !(pre.span.kind === 'text' && pre.offset !== 0 && pre.span !== from && this.isChanged(pre.span));
  }

  sameReference(pre: Reference, post: Reference, from: Span): boolean {
    if (pre.offset !== post.offset || pre.kind !== post.kind || pre.bias !== post.bias) return false;
    return (pre.dead === true && post.dead === true) || this.sameTarget(pre.target, post.target, from);
  }

  sameReferences(pre: readonly Reference[], post: readonly Reference[], from: Span): boolean {
    return (
      pre.length === post.length &&
      pre.every((reference, index) => {
        const other = post[index];
        return other !== undefined && this.sameReference(reference, other, from);
      })
    );
  }
}

/** A target in words: `schedule`, `unix_sock_ops+0x10`, `"text"`. */
export function targetText(target: Target): string {
  const offset =
    target.offset === 0 ? '' : target.offset > 0 ? `+0x${target.offset.toString(16)}` : `-0x${(-target.offset).toString(16)}`;
  return (target.span ? spanName(target.span) : target.name) + offset;
}
