import { unescapeValue, type TraceRecord } from '../guest/trace.ts';

/** A thread that stood in the way, as `conflicts` lists it. */
export interface Conflict {
  readonly comm: string;
  readonly pid: number;
  readonly labels: readonly string[];
}

/** A jump written at the entry of a function, or the entry put back. Addresses are `0x…`, bytes are hex. */
export interface Splice {
  readonly name: string;
  readonly addr: string;
  /** Where the jump leads; absent when the entry was put back. */
  readonly new?: string;
  readonly before: string;
  readonly after: string;
}

/** Bytes that are no jump: a constant in place, a line in the bug table, the name of an export; while applied, or put back. */
export interface Write {
  readonly name: string;
  readonly kind: string;
  readonly addr: string;
  readonly before: string;
  readonly after: string;
}

/** A function of the update that the core called; a result other than 0 refuses. */
export interface HookCall {
  readonly kind: string;
  readonly name: string;
  readonly result: number;
}

/** One try under stop_machine. */
export interface StopWindow {
  readonly try: number;
  readonly microseconds: number;
  /** Guest instructions between the two marks of the core; absent if the machine saw no marks. */
  readonly instructions?: number;
  readonly threads: number;
  readonly words: number;
}

/** Why a pre section was not found in the running kernel: the candidate that came closest. */
export interface Mismatch {
  readonly label: string;
  /** The function or datum, without the object it is in. */
  readonly name: string;
  readonly address?: string;
  readonly why?: string;
  readonly offset?: number;
  readonly expected?: string;
  readonly found?: string;
}

interface OperationReport {
  readonly id: string;
  /** `preparing` after a refused apply: the modules are unloaded again. */
  readonly stage: 'preparing' | 'applied' | 'reversed';
  readonly abortCause: string;
  readonly conflicts: readonly Conflict[];
  readonly splices: readonly Splice[];
  readonly writes: readonly Write[];
  readonly hooks: readonly HookCall[];
  readonly stops: readonly StopWindow[];
  readonly tries: number;
  /** Of the last try, which is the one that counted. */
  readonly stopMicroseconds: number;
  readonly stopInstructions?: number;
  readonly trace: readonly TraceRecord[];
  /** What the kernel logged meanwhile. */
  readonly kernelLog: readonly string[];
}

/** What became of one apply: the core's verdict and how it came about. */
export interface ApplyReport extends OperationReport {
  readonly matchedSections: number;
  readonly symbols: number;
  readonly replaced: readonly { readonly name: string; readonly old: string; readonly new: string }[];
  readonly applyMilliseconds: number;
  readonly mismatch?: Mismatch;
}

/** What became of one undo. */
export interface UndoReport extends OperationReport {
  readonly undoMilliseconds: number;
}

/** What the pipeline learnt outside the trace. */
export interface Observed {
  readonly id: string;
  readonly stage: 'preparing' | 'applied' | 'reversed';
  readonly abortCause: string;
  readonly conflicts: readonly Conflict[];
  /** Instructions of each stop window, in order. */
  readonly stopInstructions: readonly number[];
  readonly trace: readonly TraceRecord[];
  readonly kernelLog: readonly string[];
  readonly milliseconds: number;
}

/** Instructions of each window, from the marks the core set around it. */
export function stopInstructions(marks: readonly { readonly mark: 'begin' | 'end'; readonly instructions: number }[]): number[] {
  return marks.flatMap(({ mark, instructions }, i) => {
    const begin = marks[i - 1];
    return mark === 'end' && begin?.mark === 'begin' ? [instructions - begin.instructions] : [];
  });
}

/** The lines of `after` that follow the last line of `before`; the log is a ring, so counting lines will not do. */
export function newLines(before: readonly string[], after: readonly string[]): string[] {
  const last = before.at(-1);
  return after.slice(last === undefined ? 0 : after.lastIndexOf(last) + 1);
}

/** Sums up an apply. */
export function applyReport(seen: Observed): ApplyReport {
  const base = operationReport(seen);
  const mismatch = seen.abortCause === 'no_match' ? findMismatch(seen.trace) : undefined;
  return {
    ...base,
    matchedSections: matchedOf(seen.trace, 'sections') ?? seen.trace.filter((record) => record.event === 'section').length,
    symbols: matchedOf(seen.trace, 'symbols') ?? seen.trace.filter((record) => record.event === 'symbol').length,
    replaced:
      seen.abortCause === 'ok' ? base.splices.map(({ name, addr, new: target = '' }) => ({ name, old: addr, new: target })) : [],
    applyMilliseconds: seen.milliseconds,
    ...(mismatch && { mismatch }),
  };
}

/** Of all targets together; undefined as long as one of them has not matched. */
function matchedOf(trace: readonly TraceRecord[], field: string): number | undefined {
  const ended = trace.some(({ event }) => event === 'try');
  const counts = trace.filter(({ event }) => event === 'matched').map((record) => number(record, field) ?? 0);
  return ended ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}

/** Sums up an undo. */
export function undoReport(seen: Observed): UndoReport {
  return { ...operationReport(seen), undoMilliseconds: seen.milliseconds };
}

function operationReport(seen: Observed): OperationReport {
  const stops = seen.trace
    .filter((record) => record.event === 'stop')
    .map((record, i): StopWindow => {
      const instructions = seen.stopInstructions[i];
      return {
        try: number(record, 'n') ?? i + 1,
        microseconds: Math.round((number(record, 'ns') ?? 0) / 1000),
        ...(instructions !== undefined && { instructions }),
        threads: number(record, 'threads') ?? 0,
        words: number(record, 'words') ?? 0,
      };
    });
  const last = stops.at(-1);
  return {
    id: seen.id,
    stage: seen.stage,
    abortCause: seen.abortCause,
    conflicts: seen.conflicts,
    splices: seen.trace.filter((record) => record.event === 'splice' || record.event === 'restore').map(splice),
    writes: seen.trace.filter((record) => record.event === 'write').map(write),
    hooks: seen.trace.filter((record) => record.event === 'hook').map(hookCall),
    stops,
    tries: stops.length,
    stopMicroseconds: last?.microseconds ?? 0,
    ...(last?.instructions !== undefined && { stopInstructions: last.instructions }),
    trace: seen.trace,
    kernelLog: seen.kernelLog,
  };
}

function splice({ event, fields }: TraceRecord): Splice {
  const target = event === 'splice' ? fields['new'] : undefined;
  return {
    name: fields['name'] ?? '',
    addr: hex(fields['addr']) ?? '',
    ...(target !== undefined && { new: `0x${target}` }),
    before: fields['before'] ?? '',
    after: fields['after'] ?? '',
  };
}

function write({ fields }: TraceRecord): Write {
  return {
    name: fields['name'] ?? '',
    kind: fields['kind'] ?? '',
    addr: hex(fields['addr']) ?? '',
    before: fields['before'] ?? '',
    after: fields['after'] ?? '',
  };
}

function hookCall({ fields }: TraceRecord): HookCall {
  const label = fields['label'] ?? '';
  return { kind: fields['kind'] ?? '', name: label.replace(/<.*/s, ''), result: Number(fields['result'] ?? 0) };
}

/**
 * The section to show when the unit was not found. A section whose bytes differ is the cause; sections that nothing led to are
 * its consequence, so they come last.
 */
export function findMismatch(trace: readonly TraceRecord[]): Mismatch | undefined {
  const unmatched = trace.filter((record) => record.event === 'unmatched').map(({ fields }) => fields['label'] ?? '');
  const candidates = trace.filter((record) => record.event === 'candidate');
  for (const why of ['bytes', 'string', 'site', 'reloc', 'symbol']) {
    const candidate = candidates.findLast(({ fields }) => fields['why'] === why && unmatched.includes(fields['label'] ?? ''));
    if (!candidate) continue;
    const { fields } = candidate;
    const label = fields['label'] ?? '';
    const expected = fields['expected'] ?? fields['known'];
    const found = fields['found'] ?? fields['value'];
    return {
      label,
      name: nameOf(label),
      address: hex(fields['addr']),
      why,
      offset: number(candidate, 'offset'),
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
    };
  }
  const label = unmatched[0];
  return label === undefined ? undefined : { label, name: nameOf(label) };
}

/** `do_utimes<fs/utimes.o>~1` → `do_utimes`. */
export function nameOf(label: string): string {
  return label.replace(/<[^>]*>.*$/, '').replace(/~\d+$/, '');
}

/** Reads the lines of `conflicts`: `comm pid label label…`, the comm escaped as in the trace. */
export function parseConflicts(text: string): Conflict[] {
  return text.split('\n').flatMap((line) => {
    const [comm = '', pid = '', ...labels] = line.split(' ');
    const name = unescapeValue(comm);
    return name && /^\d{1,7}$/.test(pid) ? [{ comm: name, pid: Number(pid), labels: [...new Set(labels)] }] : [];
  });
}

function hex(digits: string | undefined): string | undefined {
  return digits === undefined ? undefined : `0x${digits}`;
}

function number(record: TraceRecord | undefined, field: string): number | undefined {
  const text = record?.fields[field];
  return text === undefined ? undefined : Number(text);
}
