import { SHF_EXECINSTR } from '../elf/constants.ts';
import { decode, instructionStart } from './instruction.ts';
import { bytesEqual } from '../bytes.ts';
import { contentSize, differingBytes } from './equal.ts';
import { localBase } from './static-locals.ts';
import { spanText, type Span, type Target } from './span.ts';

/** A difference that is nothing but a line number that moved. */
export interface LineShift {
  readonly pre: number;
  readonly post: number;
}

/** A line shift with the source file it is of. */
interface FileShift extends LineShift {
  readonly file: string;
}

const SOURCE_FILE = /^[\w./-]+\.[chS]$/;
/** Bytes between an immediate line number and the file name that is passed with it: two instructions at most. */
const NEARBY = 16;
const MAX_LINE = 0xffff;
const PUSH_BYTE = 0x6a;
/** A dynamic debug descriptor has its line in the low bits of a word, and flags above. */
const DESCRIPTOR_LINE_BITS = 18;

/** Functions, also those of boot. */
export function isCode({ kind, section }: Span): boolean {
  return kind === 'text' || (kind === 'opaque' && (section.flags & SHF_EXECINSTR) !== 0);
}

/** Line numbers of the bug tables that differ. Undefined if the tables do not correspond. */
export function bugLineShifts(pre: Span, post: Span): LineShift[] | undefined {
  return bugShifts(pre, post)?.map(({ pre: from, post: to }) => ({ pre: from, post: to }));
}

function bugShifts(pre: Span, post: Span): FileShift[] | undefined {
  if (pre.sites.length !== post.sites.length) return undefined;
  const shifts: FileShift[] = [];
  for (let i = 0; i < pre.sites.length; i++) {
    const a = pre.sites[i];
    const b = post.sites[i];
    if (a?.kind === 'bug' && b?.kind === 'bug' && a.line !== b.line)
      shifts.push({ pre: a.line, post: b.line, file: sourceFile(a.file) ?? '' });
  }
  return shifts;
}

/**
 * By how much lines moved, for each source file, as entries show whose meaning is certain: bug tables, and the records that macros make for one line.
 * Immediate operands only count together: two of one file that moved alike, from different lines.
 */
export class LineEvidence {
  readonly #shifts = new Set<string>();

  constructor(pre: readonly Span[]) {
    const single = new Map<string, number>();
    for (const span of pre) {
      const post = span.partner;
      if (!post) continue;
      const code = isCode(span);
      const certain = code ? bugShifts(span, post) : recordShifts(span, post);
      for (const shift of certain ?? []) this.#shifts.add(key(shift));
      if (!code || bytesEqual(span.bytes, post.bytes)) continue;
      for (const shift of immediateShifts(span, post) ?? []) {
        const other = single.get(key(shift));
        if (other === undefined) single.set(key(shift), shift.pre);
        else if (other !== shift.pre) this.#shifts.add(key(shift));
      }
    }
  }

  /**
   * If all differing bytes are immediates that are passed beside the name of a source file (`f(__FILE__, __LINE__)`) and moved by one of the file's
   * line shifts, those shifts; otherwise undefined. Careful on purpose: a constant that changed must never pass for a line number.
   */
  immediates(pre: Span, post: Span): LineShift[] | undefined {
    const shifts = immediateShifts(pre, post);
    return shifts?.every((shift) => this.#shifts.has(key(shift))) ? shifts.map(plain) : undefined;
  }

  /** If two constants or variables differ only in the line of a source file that they name, that; otherwise undefined. */
  record(pre: Span, post: Span): LineShift | undefined {
    const [shift, ...more] = recordShifts(pre, post) ?? recordLike(pre, post) ?? [];
    return shift && more.length === 0 && this.#shifts.has(key(shift)) ? plain(shift) : undefined;
  }
}

function key({ pre, post, file }: FileShift): string {
  return `${post - pre} ${file}`;
}

function plain({ pre, post }: FileShift): LineShift {
  return { pre, post };
}

/** Differing immediates beside the name of a source file; undefined if anything else differs. */
function immediateShifts(pre: Span, post: Span): FileShift[] | undefined {
  if (contentSize(pre) !== contentSize(post) || !pre.bytes || !post.bytes) return undefined;
  if (pre.references.length !== post.references.length) return undefined;
  const found = new Map<number, FileShift>();
  for (const offset of differingBytes(pre, post)) {
    const start = instructionStart(pre.bytes, offset, pre.bits);
    const a = decode(pre.bytes, start, pre.bits);
    const b = decode(post.bytes, start, post.bits);
    if (!a || !b || a.length !== b.length || a.branch || a.immediateOffset !== b.immediateOffset) return undefined;
    const size = a.immediateSize;
    const whole = size === 4 || (size === 1 && pre.bytes[start] === PUSH_BYTE);
    if (!whole || b.immediateSize !== size || offset < start + a.immediateOffset) return undefined;
    const field = start + a.immediateOffset;
    const shift = { pre: number(pre.bytes, field, size), post: number(post.bytes, field, size) };
    const max = size === 1 ? 0x7f : MAX_LINE;
    if (shift.pre > max || shift.post > max) return undefined;
    const file = fileNear(pre, field);
    if (file === undefined || file !== fileNear(post, field)) return undefined;
    found.set(field, { ...shift, file });
  }
  return [...found.values()];
}

/** Of records that only macros and compilers make (`_entry.3` of the printk index, dynamic debug, sanitizers): nobody else writes a word there. */
function recordShifts(pre: Span, post: Span): FileShift[] | undefined {
  const base = localBase(pre);
  return base !== undefined && /[ .](_entry|descriptor|__UNIQUE_ID_ddebug|Lubsan_\w+)$/.test(base)
    ? recordLike(pre, post)
    : undefined;
}

/** The one word that differs, as a line of the source file that both name. */
function recordLike(pre: Span, post: Span): FileShift[] | undefined {
  if (pre.kind === 'text' || !pre.bytes || !post.bytes || contentSize(pre) !== contentSize(post)) return undefined;
  const file = pre.references.map((reference) => sourceFile(reference.target)).find((name) => name !== undefined);
  if (file === undefined || pre.references.length !== post.references.length) return undefined;
  const words = new Set<number>();
  for (const offset of differingBytes(pre, post)) words.add(offset & ~3);
  const [word, ...more] = words;
  if (word === undefined || more.length > 0 || word + 4 > pre.size || word + 4 > post.size) return undefined;
  const from = number(pre.bytes, word, 4);
  const to = number(post.bytes, word, 4);
  if (from >>> DESCRIPTOR_LINE_BITS !== to >>> DESCRIPTOR_LINE_BITS) return undefined;
  const line = (value: number): number => value & ((1 << DESCRIPTOR_LINE_BITS) - 1);
  return line(from) > MAX_LINE || line(to) > MAX_LINE ? undefined : [{ pre: line(from), post: line(to), file }];
}

function sourceFile(target: Target | undefined): string | undefined {
  if (target?.span?.kind !== 'string' || target.offset !== 0) return undefined;
  const text = spanText(target.span);
  return SOURCE_FILE.test(text) ? text : undefined;
}

/** The name of a source file that code refers to nearest to a place, and near it. */
function fileNear(span: Span, offset: number): string | undefined {
  let best: string | undefined;
  let distance = NEARBY + 1;
  for (const reference of span.references) {
    const away = Math.abs(reference.offset - offset);
    const file = away < distance ? sourceFile(reference.target) : undefined;
    if (file === undefined) continue;
    best = file;
    distance = away;
  }
  return best;
}

function number(bytes: Uint8Array, offset: number, size: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return size === 1 ? view.getUint8(offset) : view.getUint32(offset, true);
}
