import { failure, success, type Result } from '../failure.ts';
import { objectionTo } from './trace-events.ts';

/** One line of the core's trace: what it did, when, to what. */
export interface TraceRecord {
  /** Counts from 1 over all operations of the update. */
  readonly seq: number;
  /** Since the operation began. */
  readonly nanoseconds: number;
  readonly event: string;
  /** Values as written by the core, unescaped. Those of known events have the form that trace-events.ts demands. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Longest line, in bytes. A label of an unnamed span in a deep folder has about 200; an expected byte string at most 64 hex digits. */
const MAX_LINE_BYTES = 8192;
/** A trace of all of lessons 1–4 has some thousand lines. */
const MAX_RECORDS = 1_000_000;
const MAX_FIELDS = 32;

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

const HEAD = /^(\d{1,15}) (\d{1,15}) ([a-z][a-z0-9_]{0,31})((?: [a-z][a-z0-9_]{0,31}=[!-~]*)*)$/;

/** Reads one line, without its newline. Unknown events and unknown fields are kept: a newer core may say more. */
export function parseTraceLine(line: string): Result<TraceRecord> {
  if (line.length > MAX_LINE_BYTES) return bad('A line is too long.', `at most ${MAX_LINE_BYTES} bytes`, `${line.length} bytes`);
  const head = HEAD.exec(line);
  if (!head) return bad('A line has not the form of a trace line.', '<seq> <nanoseconds> <event> key=value …', quote(line));
  const [, seq = '', nanoseconds = '', event = '', rest = ''] = head;
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  const pairs = rest === '' ? [] : rest.slice(1).split(' ');
  if (pairs.length > MAX_FIELDS) return bad('A line has too many fields.', `at most ${MAX_FIELDS}`, String(pairs.length));
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, equals);
    const value = unescapeValue(pair.slice(equals + 1));
    if (value === undefined) return bad(`The field ${key} of a ${event} line is badly escaped.`, '%XX, and no bare =', quote(pair));
    if (key in fields) return bad(`The field ${key} stands twice in a ${event} line.`, 'once', quote(line));
    fields[key] = value;
  }
  const objection = objectionTo(event, fields);
  if (objection) return bad(`A ${event} line is wrong: ${objection.what}.`, objection.expected, objection.found);
  return success({ seq: Number(seq), nanoseconds: Number(nanoseconds), event, fields });
}

/** A place between two lines of a trace. */
export interface TracePosition {
  readonly offset: number;
  /** Number of the line before it. */
  readonly seq: number;
}

/**
 * Reads a trace as it arrives, in pieces cut anywhere. Checks that no line is missing: within an operation every number follows
 * the last; only a `begin` may start again at 1. After a failure the reader stays failed.
 */
export class TraceReader {
  #partial: Uint8Array = new Uint8Array(0);
  #offset: number;
  #last: number;
  #count = 0;
  #failed: Result<never> | undefined;

  /** Starts at the beginning of a trace, or where another reader stopped. */
  constructor(from: TracePosition = { offset: 0, seq: 0 }) {
    this.#offset = from.offset;
    this.#last = from.seq;
  }

  /** Bytes taken so far: the offset to read the trace file from next. */
  get offset(): number {
    return this.#offset;
  }

  /** Behind the last whole line. */
  get position(): TracePosition {
    return { offset: this.#offset - this.#partial.length, seq: this.#last };
  }

  /** Takes the next bytes and gives the records completed by them. */
  push(bytes: Uint8Array): Result<TraceRecord[]> {
    if (this.#failed) return this.#failed;
    this.#offset += bytes.length;
    const text = join(this.#partial, bytes);
    const records: TraceRecord[] = [];
    let start = 0;
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
      const record = this.#line(text.subarray(start, end));
      if (!record.ok) return (this.#failed = record);
      records.push(record.value);
      start = end + 1;
    }
    this.#partial = text.slice(start);
    if (this.#partial.length > MAX_LINE_BYTES) {
      return (this.#failed = bad('A line does not end.', `at most ${MAX_LINE_BYTES} bytes`, `${this.#partial.length} bytes`));
    }
    return success(records);
  }

  /** True if the last line came whole. */
  get complete(): boolean {
    return this.#partial.length === 0;
  }

  #line(bytes: Uint8Array): Result<TraceRecord> {
    if (bytes.length > MAX_LINE_BYTES) return bad('A line is too long.', `at most ${MAX_LINE_BYTES} bytes`, `${bytes.length} bytes`);
    if (++this.#count > MAX_RECORDS) return bad('The trace is too long.', `at most ${MAX_RECORDS} lines`, 'more');
    const record = parseTraceLine(latin1(bytes));
    if (!record.ok) return { ...record, where: `line ${this.#count} of the trace` };
    const { seq, event } = record.value;
    const restarts = event === 'begin' && seq === 1;
    if (seq !== this.#last + 1 && !restarts) return bad('Lines of the trace are missing.', `line number ${this.#last + 1}`, String(seq));
    if (this.#last === 0 && event !== 'begin') return bad('The trace does not start with begin.', 'begin', event);
    this.#last = seq;
    return record;
  }
}

/** The records of the last operation: from the last `begin` on. */
export function lastOperation(records: readonly TraceRecord[]): readonly TraceRecord[] {
  return records.slice(Math.max(0, records.map((record) => record.event).lastIndexOf('begin')));
}

/** Undoes the %XX escapes (of UTF-8 bytes); nothing if there is a stray % or =. */
export function unescapeValue(value: string): string | undefined {
  if (!/^(?:[^%=]|%[0-9A-Fa-f]{2})*$/.test(value)) return undefined;
  if (!value.includes('%')) return value;
  const latin = value.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return UTF8.decode(Uint8Array.from(latin, (character) => character.charCodeAt(0)));
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

/** One character per byte, so that a position in the text is a position in the bytes. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** What a person sees of a bad line: its beginning, printable. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}

function bad(message: string, expected: string, found: string): Result<never> {
  const hint = 'The kernel and this program speak different versions of the trace; use a kernel pack made for this version.';
  return failure('bad_trace', message, { where: 'the trace of the guest core', expected, found, hint });
}
