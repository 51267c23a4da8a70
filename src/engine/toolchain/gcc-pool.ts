import { failure, success, type Failure, type Result } from '../failure.ts';
import type { Contents } from './changed-tree.ts';
import type { UnitJob, UnitOutcome } from './unit-job.ts';

/** One compiler in a thread of its own. It takes one job at a time. */
export interface GccPort {
  /** Rejects only when the thread died. */
  compile(job: UnitJob): Promise<UnitOutcome>;
  /** Ends the thread at once, in the middle of a job too; what is under way never ends then. */
  close(): void;
}

/** Starts a compiler in a thread of its own. */
export type SpawnGcc = () => Promise<Result<GccPort>>;

/** A job as the pool takes it: what a compiler has had already is left out when it is handed over. */
export interface GccWork {
  readonly unit: string;
  readonly cc1: readonly string[];
  readonly as: readonly string[] | undefined;
  readonly files: readonly string[];
  /** Gives the pack's bytes of one of the files. */
  readonly read: (path: string) => Uint8Array;
  /** Equal for works on top of the same change. */
  readonly changes: ReadonlyMap<string, Contents>;
}

interface Seat {
  readonly port: GccPort;
  readonly had: Set<string>;
  changes: ReadonlyMap<string, Contents> | undefined;
}

/** No unit of a kernel comes near this, even on a slow computer that does other things beside it. */
const TIMEOUT_MS = 240_000;

/**
 * Compilers side by side, as many as are asked for at the same time and at most `size`. They live on between jobs, because a compiler that
 * has run is a fast one; one that broke down, was too slow or was cancelled is replaced when it is needed.
 */
export class GccPool {
  readonly size: number;
  readonly #spawn: SpawnGcc;
  readonly #timeoutMs: number;
  readonly #idle: Seat[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #onClose = new AbortController();
  #taken = 0;
  #closed = false;

  constructor(spawn: SpawnGcc, size: number, timeoutMs = TIMEOUT_MS) {
    this.#spawn = spawn;
    this.size = Math.max(1, size);
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Runs a job on the next free compiler. Fails with `cancelled` at once when the signal says so, with `compiler_timeout`, `compiler_died`, or why no
   * compiler could be started.
   */
  async run(work: GccWork, signal?: AbortSignal): Promise<Result<UnitOutcome>> {
    if (!(await this.#turn(signal))) return CANCELLED;
    try {
      const seat = this.#idle.pop() ?? (await this.#seat());
      if ('ok' in seat) return seat;
      if (this.#closed || signal?.aborted) {
        if (this.#closed) seat.port.close();
        else this.#idle.push(seat);
        return CANCELLED;
      }
      return await this.#work(seat, work, signal);
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Ends all compilers; jobs under way end with `cancelled`. */
  close(): void {
    this.#closed = true;
    for (const seat of this.#idle.splice(0)) seat.port.close();
    this.#onClose.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Waits for one of `size` turns; false if it was cancelled before. */
  async #turn(signal: AbortSignal | undefined): Promise<boolean> {
    while (this.#taken >= this.size) {
      if (signal?.aborted || this.#closed) return false;
      await this.#wait(signal);
    }
    if (signal?.aborted || this.#closed) {
      this.#waiting.shift()?.();
      return false;
    }
    this.#taken += 1;
    return true;
  }

  /** Until a turn is free, the signal aborts, or all is closed. One who goes leaves the queue: a turn given to nobody would be lost. */
  async #wait(signal: AbortSignal | undefined): Promise<void> {
    let leave: () => void = () => undefined;
    await new Promise<void>((go) => {
      this.#waiting.push(go);
      leave = () => {
        const at = this.#waiting.indexOf(go);
        if (at >= 0) this.#waiting.splice(at, 1);
        go();
      };
      signal?.addEventListener('abort', leave, { once: true });
    });
    signal?.removeEventListener('abort', leave);
  }

  async #seat(): Promise<Seat | Failure> {
    const port = await this.#spawn();
    if (!port.ok) return port;
    return { port: port.value, had: new Set(), changes: undefined };
  }

  async #work(seat: Seat, work: GccWork, signal: AbortSignal | undefined): Promise<Result<UnitOutcome>> {
    const stop = AbortSignal.any([this.#onClose.signal, ...(signal ? [signal] : [])]);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort: () => void = () => undefined;
    const ended = new Promise<Failure>((end) => {
      onAbort = () => end(CANCELLED);
      stop.addEventListener('abort', onAbort, { once: true });
      if (stop.aborted) onAbort();
      timer = setTimeout(() => end(tooSlow(work.unit, this.#timeoutMs)), this.#timeoutMs);
    });
    const done = seat.port.compile(this.#job(seat, work)).then(success, (error: unknown) => died(work.unit, error));
    const result = await Promise.race([done, ended]);
    clearTimeout(timer);
    stop.removeEventListener('abort', onAbort);
    // A thread whose compiler filled the memory does not give all of it back.
    const spent = result.ok && result.value.kind === 'crashed' && result.value.reason === 'memory';
    if (!result.ok || spent || this.#closed) seat.port.close();
    else this.#idle.push(seat);
    return result;
  }

  /** The job as this compiler needs it, and a note of what it will have had. */
  #job(seat: Seat, work: GccWork): UnitJob {
    const supply: (readonly [string, Uint8Array<ArrayBuffer>])[] = [];
    for (const path of work.files) {
      if (seat.had.has(path) || work.changes.has(path)) continue;
      // A copy of the file alone: with a view, the whole chunk it lies in would go along each time.
      supply.push([path, new Uint8Array(work.read(path))]);
      seat.had.add(path);
    }
    const { unit, cc1, as, files, changes } = work;
    const news = changes === seat.changes ? undefined : [...changes];
    seat.changes = changes;
    return { unit, cc1, as, files, supply, ...(news && { changes: news }) };
  }
}

/** What ends a compile that was called off. */
export const CANCELLED = failure('cancelled', 'It was cancelled.');

function tooSlow(unit: string, timeoutMs: number): Failure {
  return failure('compiler_timeout', 'The compiler did not come to an end.', {
    where: unit,
    expected: `at most ${Math.round(timeoutMs / 1000)} s`,
    hint: 'Look for code that grows without end when it is expanded: macros that call each other, or very large constant loops.',
  });
}

function died(unit: string, error: unknown): Failure {
  return failure('compiler_died', 'The thread of the compiler died.', {
    where: unit,
    found: error instanceof Error ? error.message : String(error),
    hint: 'Try again. If it happens again, there may be too little memory: close other tabs or programs.',
  });
}
