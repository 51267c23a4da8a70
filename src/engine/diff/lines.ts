import { decode, instructionStart } from './instruction.ts';
import { contentSize, differingBytes } from './equal.ts';
import { spanText, type Span } from './span.ts';

/** A difference that is nothing but a line number that moved. */
export interface LineShift {
  readonly pre: number;
  readonly post: number;
}

const SOURCE_FILE = /^[\w./-]+\.[chS]$/;
/** Bytes between an immediate line number and the file name that is passed with it: two instructions at most. */
const NEARBY = 16;
const MAX_LINE = 0xffff;

/** Line numbers of the bug tables that differ. Undefined if the tables do not correspond. */
export function bugLineShifts(pre: Span, post: Span): LineShift[] | undefined {
  if (pre.sites.length !== post.sites.length) return undefined;
  const shifts: LineShift[] = [];
  for (let i = 0; i < pre.sites.length; i++) {
    const a = pre.sites[i];
    const b = post.sites[i];
    if (a?.kind === 'bug' && b?.kind === 'bug' && a.line !== b.line) shifts.push({ pre: a.line, post: b.line });
  }
  return shifts;
}

/**
 * If all differing bytes are 32-bit immediates that are passed beside the name of a source file (`f(__FILE__, __LINE__)`) and moved by one of the
 * unit's line shifts, those shifts; otherwise undefined. Careful on purpose: a constant that changed must never pass for a line number.
 */
export function immediateLineShifts(pre: Span, post: Span, shifts: ReadonlySet<number>): LineShift[] | undefined {
  if (contentSize(pre) !== contentSize(post) || !pre.bytes || !post.bytes) return undefined;
  const found = new Map<number, LineShift>();
  for (const offset of differingBytes(pre, post)) {
    const start = instructionStart(pre.bytes, offset, pre.bits);
    const a = decode(pre.bytes, start, pre.bits);
    const b = decode(post.bytes, start, post.bits);
    if (
      !a ||
      !b ||
      a.length !== b.length ||
      a.immediateSize !== 4 ||
      b.immediateSize !== 4 ||
      a.branch ||
      a.immediateOffset !== b.immediateOffset
    )
      return undefined;
    const field = start + a.immediateOffset;
    if (offset < field) return undefined;
    const shift = { pre: read32(pre.bytes, field), post: read32(post.bytes, field) };
    if (shift.pre > MAX_LINE || shift.post > MAX_LINE || !shifts.has(shift.post - shift.pre)) return undefined;
    if (!namesFileNear(pre, field) || !namesFileNear(post, field)) return undefined;
    found.set(field, shift);
  }
  return [...found.values()];
}

function namesFileNear(span: Span, offset: number): boolean {
  return span.references.some(
    (reference) =>
      Math.abs(reference.offset - offset) <= NEARBY &&
      reference.target.span?.kind === 'string' &&
      reference.target.offset === 0 &&
      SOURCE_FILE.test(spanText(reference.target.span)),
  );
}

function read32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}
