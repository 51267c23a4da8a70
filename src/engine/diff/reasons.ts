import type { Reason } from './changes.ts';
import type { Comparison } from './compare.ts';
import { contentSize, differingBytes, sameShape, targetText, TargetComparer } from './equal.ts';
import { instructionStart } from './instruction.ts';
import { bugLineShifts } from './lines.ts';
import { calleeReasons, dataReasons, middleReasons, stringReasons } from './reasons-of-uses.ts';
import { entriesThatDiffer, movedEntries } from './reasons-of-tables.ts';
import { spanName, type Reference, type Span } from './span.ts';

/** A piece of a function that changed: in pre, in post, or in both. */
export interface PiecePair {
  readonly pre: Span | undefined;
  readonly post: Span | undefined;
}

/** A function with all its pieces, also those that did not change: what it uses is asked of them together, as code moves from one to another. */
export interface FunctionPieces {
  readonly name: string;
  readonly pre: readonly Span[];
  readonly post: readonly Span[];
}

/** Why the code of a function must give way, most telling first: of its pieces that changed, in their order. */
export function reasonsOf(comparison: Comparison, whole: FunctionPieces, pairs: readonly PiecePair[]): Reason[] {
  const uses = [
    ...stringReasons(whole),
    ...calleeReasons(comparison, whole),
    ...dataReasons(comparison, whole),
    ...middleReasons(comparison, whole),
  ];
  const [first = [], ...others] = pairs.map((pair) => pieceReasons(comparison, pair));
  const bytes = first.filter(({ kind }) => kind === 'bytes');
  const told = [
    ...bytes,
    ...uses,
    ...first.filter(({ kind }) => kind !== 'bytes'),
    ...others.flat(),
    ...entriesThatDiffer(comparison, whole),
  ];
  // Where nothing else tells what differs, the place of an entry does.
  const reasons = told.length > 0 ? told : movedEntries(comparison, pairs);
  return [
    ...reasons,
    ...pairs.flatMap(lineReasons),
    ...pairs.flatMap((pair) => sectionReasons(pair)),
    ...(reasons.length > 0 ? [] : pairs.flatMap((pair) => pulledInReasons(comparison, pair))),
    ...pairs.flatMap(({ pre, post }) => (pre && post ? [] : pieceStatus(pre, post))),
  ];
}

function pieceReasons(comparison: Comparison, { pre, post }: PiecePair): Reason[] {
  if (!pre || !post) return [];
  const symbol = spanName(pre);
  const reasons: Reason[] = [];
  const first = firstDifference(pre, post);
  if (first !== undefined) {
    const offset = instructionStart(pre.bytes ?? new Uint8Array(0), first, pre.bits);
    reasons.push({ kind: 'bytes', symbol, offset, text: `The instruction at ${symbol}+0x${offset.toString(16)} differs.` });
  }
  reasons.push(...relocationReasons(comparison, pre, post));
  const [before, after] = [contentSize(pre), contentSize(post)];
  if (before !== after)
    reasons.push({ kind: 'size', symbol, pre: before, post: after, text: `${symbol} has ${after} bytes instead of ${before}.` });
  return reasons;
}

function firstDifference(pre: Span, post: Span): number | undefined {
  const offsets = [differingBytes(pre, post).next().value].filter((offset) => offset !== undefined);
  const place = (span: Span, other: Span): number | undefined => {
    const known = new Set(other.references.map((reference) => reference.offset));
    const end = Math.min(span.size, other.size);
    return span.references.find(({ offset }) => !known.has(offset) && offset < end)?.offset;
  };
  offsets.push(...[place(pre, post), place(post, pre)].filter((offset) => offset !== undefined));
  if (offsets.length > 0) return Math.min(...offsets);
  const sizes = [contentSize(pre), contentSize(post)];
  return sizes[0] === sizes[1] ? undefined : Math.min(...sizes);
}

/** References in the same place that lead elsewhere. Where the code itself differs, two references in one place need not be the same one. */
function relocationReasons(comparison: Comparison, pre: Span, post: Span): Reason[] {
  if (!sameShape(pre, post)) return [];
  const comparer = new TargetComparer((span) => comparison.changed.has(span));
  const others = new Map<number, Reference>(post.references.map((reference) => [reference.offset, reference]));
  const reasons: Reason[] = [];
  for (const reference of pre.references) {
    const other = others.get(reference.offset);
    if (!other || comparer.sameReference(reference, other, pre) || reference.target.span?.kind === 'string') continue;
    // Another place in a function that changed itself is no reason of its own.
    if (reference.target.span?.kind === 'text' && reference.target.span.partner === other.target.span) continue;
    const a = targetText(reference.target);
    const b = targetText(other.target);
    if (a !== b)
      reasons.push({
        kind: 'relocation',
        symbol: spanName(pre),
        offset: reference.offset,
        pre: a,
        post: b,
        text: `${spanName(pre)}+0x${reference.offset.toString(16)} leads to ${b} instead of ${a}.`,
      });
  }
  return reasons.slice(0, 8);
}

function lineReasons({ pre, post }: PiecePair): Reason[] {
  return (pre && post ? (bugLineShifts(pre, post) ?? []) : []).map((shift) => ({
    kind: 'line',
    ...shift,
    text: `A warning that reported line ${shift.pre} reports line ${shift.post}.`,
  }));
}

function sectionReasons({ pre, post }: PiecePair): Reason[] {
  if (!pre || !post || pre.section.name === post.section.name) return [];
  const symbol = spanName(pre);
  const [before, after] = [pre.section.name, post.section.name];
  return [{ kind: 'section', symbol, pre: before, post: after, text: `${symbol} moved from ${before} to ${after}.` }];
}

function pulledInReasons({ pulledInBy }: Comparison, { pre }: PiecePair): Reason[] {
  const by = pre && pulledInBy.get(pre);
  return by ? [{ kind: 'pulled-in', by: spanName(by), text: `It goes with ${spanName(by)}, which changed.` }] : [];
}

function pieceStatus(pre: Span | undefined, post: Span | undefined): Reason[] {
  const piece = pre ?? post;
  if (!piece) return [];
  const name = spanName(piece);
  return [{ kind: 'piece', name, status: pre ? 'dropped' : 'new', text: pre ? `${name} is gone.` : `${name} is new.` }];
}
