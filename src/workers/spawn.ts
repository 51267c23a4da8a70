import { releaseProxy, wrap, type Remote } from 'comlink';
import { failure, type Failure, type Result } from '../engine/failure.ts';

/**
 * A worker that offers `T`. Comlink alone knows no end: here every call ends, with `worker_crashed` if the worker died, with
 * `worker_silent` if it does not answer in time.
 */
export class Spawned<T> {
  readonly remote: Remote<T>;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #died: Promise<Failure>;
  #die: (reason: Failure) => void = () => undefined;
  #dead: Failure | undefined;

  constructor(worker: Worker, name: string) {
    this.#worker = worker;
    this.#name = name;
    this.remote = wrap<T>(worker);
    this.#died = new Promise((died) => (this.#die = died));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#crash(event.message || 'its script could not be loaded');
    });
    worker.addEventListener('messageerror', () => this.#crash('a message could not be read'));
  }

  /** Calls `listener` once, when the worker has died by itself. */
  onDeath(listener: (reason: Failure) => void): void {
    void this.#died.then((reason) => {
      if (reason.code !== CLOSED) listener(reason);
    });
  }

  /** Makes a call and waits for its end, at most `timeoutMs`. */
  async call<V>(make: (remote: Remote<T>) => Promise<Result<V>>, timeoutMs?: number): Promise<Result<V>> {
    if (this.#dead) return this.#dead;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silent = new Promise<Failure>((done) => {
      if (timeoutMs !== undefined) timer = setTimeout(() => done(this.#silence(timeoutMs)), timeoutMs);
    });
    const thrown = (error: unknown) =>
      failure('worker_error', `The ${this.#name} made a mistake of its own.`, {
        found: error instanceof Error ? error.message : String(error),
        hint: AGAIN,
      });
    const result = await Promise.race([make(this.remote).catch(thrown), this.#died, silent]);
    clearTimeout(timer);
    return result;
  }

  /** Ends the worker. Calls under way end with `worker_closed`. */
  close(): void {
    if (this.#dead?.code === CLOSED) return;
    this.#worker.terminate();
    this.remote[releaseProxy]();
    this.#end(failure(CLOSED, `The ${this.#name} was closed.`));
  }

  #crash(found: string): void {
    this.#worker.terminate();
    this.#end(failure('worker_crashed', `The ${this.#name} crashed.`, { found, hint: AGAIN }));
  }

  /** From here on no call reaches the worker. Who waits learns the first reason. */
  #end(reason: Failure): void {
    this.#dead = reason;
    this.#die(reason);
  }

  #silence(timeoutMs: number): Failure {
    return failure('worker_silent', `The ${this.#name} does not answer.`, {
      expected: `an answer within ${timeoutMs / 1000} s`,
      hint: AGAIN,
    });
  }
}

const CLOSED = 'worker_closed';
const AGAIN = 'Start it again. What the terminal shows stays.';
