import { failure, success, type Failure, type Result } from '../failure.ts';
import type { Machine } from '../machine/machine.ts';
import { execRequest, type ExecOptions, type ExecResult } from './exec.ts';
import { readRequest, removeRequest, tailRequest, writeRequest, type ReadOptions } from './files.ts';
import { FrameType } from './frame.ts';
import { Link, type Hello } from './link.ts';
import { plainAnswer, Requests, type Request } from './requests.ts';

export type { ExecOptions, ExecResult, GuestUser } from './exec.ts';
export type { ReadOptions } from './files.ts';

/** A cold boot takes 3 s on an idle host, 10 s on a busy one. */
const HELLO_TIMEOUT_MS = 60_000;
const MAX_SIZE = 1000;

/** A file that is being followed. */
export interface Tail {
  /** Reads what is left and ends. */
  stop(): Promise<Result<void>>;
}

/** What the guest needs of a machine. */
export type GuestMachine = Pick<Machine, 'console' | 'onRestore' | 'onCrash' | 'running'>;

/** While something is under way, the agent is asked for a sign of life when it was silent for so long. */
const WATCH_MS = 5000;
/** So many times without an answer, and the guest is given up: it does not even take interrupts. */
const SILENT_LIMIT = 6;

/**
 * The guest as its agent shows it: commands and files. Any number of requests may be under way at once. After the machine
 * restored a state, requests fail with `guest_restored`, and the next request opens a new session by itself.
 */
export class Guest {
  readonly #machine: GuestMachine;
  readonly #watchMs: number;
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #unsubscribe: readonly (() => void)[];
  #greeting: Promise<Result<Hello>> | undefined;
  #dead: Failure | undefined;
  #active = 0;
  #silent = 0;
  #heard = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  /** `watchMs`: how long the agent may be silent before it is asked for a sign of life. */
  constructor(machine: GuestMachine, watchMs = WATCH_MS) {
    this.#machine = machine;
    this.#watchMs = watchMs;
    this.#requests = new Requests(() => this.#link);
    this.#link = new Link(machine.console, {
      onFrame: ({ channel, type, payload }) => this.#requests.frame(channel, type, payload),
      onLost: (reason) => this.#lost(reason),
    });
    this.#unsubscribe = [
      machine.onRestore(() => {
        this.#dead = undefined;
        this.#end(failure('guest_restored', 'The machine went back to a saved state meanwhile.'));
      }),
      machine.onCrash((crash) => {
        if (crash.code === 'guest_oops') return;
        this.#dead = crash;
        this.#end(crash);
      }),
    ];
  }

  /** Opens a session with the agent and sets the guest's clock. Waits for the guest to boot. */
  hello(timeoutMs = HELLO_TIMEOUT_MS): Promise<Result<Hello>> {
    if (this.#dead) return Promise.resolve(this.#dead);
    const greeting = this.#link.hello(timeoutMs);
    this.#greeting = greeting;
    void greeting.then((result) => {
      if (!result.ok && this.#greeting === greeting) this.#greeting = undefined;
    });
    return greeting;
  }

  /** Runs a command to its end. A status other than 0 is a success; a timeout and a cancellation are failures. */
  exec(options: ExecOptions): Promise<Result<ExecResult>> {
    return this.#run(() => execRequest(options, this.#requests, this.#link), options.signal);
  }

  /** Writes a whole file at once: it is complete or not there. Directories on the way are made. */
  writeFile(path: string, bytes: Uint8Array, mode = 0o644): Promise<Result<void>> {
    const copy = bytes.slice();
    return this.#run(() => writeRequest(path, copy, mode, this.#requests, this.#link));
  }

  /** Reads a file from `offset`, at most `max` bytes; at its end the result is empty. */
  readFile(path: string, options: ReadOptions = {}): Promise<Result<Uint8Array<ArrayBuffer>>> {
    return this.#run(() => readRequest(path, options, this.#link));
  }

  removeFile(path: string): Promise<Result<void>> {
    return this.#run(() => removeRequest(path, this.#link));
  }

  /** Follows a file that grows, from `offset`, also one that does not exist yet. */
  tail(path: string, offset: number, onBytes: (bytes: Uint8Array) => void): Tail {
    const abort = new AbortController();
    const done = this.#run(() => tailRequest(path, offset, onBytes, this.#link), abort.signal);
    return {
      stop: () => {
        abort.abort();
        return done;
      },
    };
  }

  /** Resolves when the agent has answered: everything sent before has reached it. */
  ping(): Promise<Result<void>> {
    return this.#run(() => ({ begin: (channel) => this.#link.send(FrameType.Ping, channel), onFrame: plainAnswer('ping') }));
  }

  /** Tells the shell's terminal how large its window is. */
  async resizeTerminal(columns: number, rows: number): Promise<Result<void>> {
    if (![columns, rows].every((n) => Number.isInteger(n) && n > 0 && n <= MAX_SIZE)) {
      return failure('bad_size', 'This is no size for a terminal.', { expected: `1 to ${MAX_SIZE} columns and rows`, found: `${columns} × ${rows}` });
    }
    const run = await this.exec({ command: `stty -F /dev/ttyS0 rows ${rows} cols ${columns}` });
    return run.ok ? success(undefined) : run;
  }

  /** Ends the session on this side. */
  close(): void {
    this.#dead = CLOSED;
    this.#link.close(CLOSED);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  async #run<T>(make: () => Request<T> | Failure, signal?: AbortSignal): Promise<Result<T>> {
    if (!this.#link.open) {
      const greeted = await (this.#greeting ?? this.hello());
      if (!greeted.ok) return greeted;
    }
    const request = make();
    if (!('begin' in request)) return request;
    this.#active++;
    this.#watch ??= setInterval(() => this.#look(), this.#watchMs);
    const result = await this.#requests.run(request, signal);
    this.#active--;
    if (this.#active === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      this.#silent = 0;
    }
    return result;
  }

  /** A guest that turns in a loop with interrupts off says nothing of it. */
  #look(): void {
    const { received } = this.#link;
    if (received !== this.#heard || !this.#machine.running) this.#silent = 0;
    else this.#silent++;
    this.#heard = received;
    if (this.#silent === 0) return;
    if (this.#silent < SILENT_LIMIT) this.#link.send(FrameType.Ping, 0);
    else {
      const expected = `a sign of life within ${(SILENT_LIMIT * this.#watchMs) / 1000} s`;
      this.#end(failure('guest_silent', 'The guest does not react any more.', { expected, hint: 'Reset the machine.' }));
    }
  }

  #end(reason: Failure): void {
    this.#link.reset(reason);
    this.#lost(reason);
  }

  #lost(reason: Failure): void {
    this.#greeting = undefined;
    this.#requests.failAll(reason);
  }
}

const CLOSED = failure('machine_closed', 'The machine was closed.');
