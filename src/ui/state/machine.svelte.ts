import { failure, type Failure, type Result } from '../../engine/failure.ts';
import type { KernelFacts, MachineEvents, MachinePort, TraceRecord, Vitals } from '../port.ts';

export type MachinePhase =
  | { readonly kind: 'starting'; readonly what: string; readonly received: number; readonly total: number }
  | { readonly kind: 'live'; readonly kernel: KernelFacts }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type OpenMachine = (
  events: MachineEvents,
) => Promise<Result<{ readonly port: MachinePort; readonly kernel: KernelFacts }>>;

/** Who follows an operation of the core: the lesson that began it. */
export interface OperationFollower {
  step(step: 'upload' | 'load' | 'core' | 'unload'): void;
  trace(records: readonly TraceRecord[]): void;
}

const STARTING: MachinePhase = { kind: 'starting', what: 'kernel', received: 0, total: 0 };

/** The guest as the page sees it: starting, live or failed; and the one way to its port. */
export class Machine {
  #phase = $state.raw<MachinePhase>(STARTING);
  #vitals = $state.raw<Vitals>({ seconds: 0, instructions: 0 });
  #generation = $state.raw(0);
  #resetting = $state.raw(false);
  #port: MachinePort | undefined;
  #open: OpenMachine;
  #output: readonly ((bytes: Uint8Array) => void)[] = [];
  #follower: OperationFollower | undefined;
  #size: { readonly columns: number; readonly rows: number } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(open: OpenMachine) {
    this.#open = open;
  }

  get phase(): MachinePhase {
    return this.#phase;
  }

  get live(): boolean {
    return this.#phase.kind === 'live' && !this.#resetting;
  }

  get resetting(): boolean {
    return this.#resetting;
  }

  get vitals(): Vitals {
    return this.#vitals;
  }

  /** Counts starts and resets: what was true of the guest in an earlier generation is no longer. */
  get generation(): number {
    return this.#generation;
  }

  /** The guest's door, or the failure to show instead. */
  get port(): Result<MachinePort> {
    if (this.#port && this.live) return { ok: true, value: this.#port };
    if (this.#phase.kind === 'failed') return this.#phase.failure;
    return failure('machine_not_ready', 'The machine is still starting.', { hint: 'Wait for the prompt in the terminal.' });
  }

  /** Starts the machine, or starts it anew after a failure. The terminal keeps what it shows. */
  async start(): Promise<void> {
    this.#port?.close();
    this.#port = undefined;
    this.#phase = STARTING;
    this.#generation += 1;
    const generation = this.#generation;
    const opened = await this.#open(this.#events(generation));
    if (generation !== this.#generation) return;
    if (!opened.ok) {
      this.#phase = { kind: 'failed', failure: opened };
      return;
    }
    this.#port = opened.value.port;
    this.#phase = { kind: 'live', kernel: opened.value.kernel };
    this.#watch();
    this.#tellSize();
  }

  /** Back to the snapshot, in the same worker. */
  async reset(): Promise<Result<void>> {
    const port = this.port;
    if (!port.ok) return port;
    this.#resetting = true;
    const done = await port.value.reset();
    this.#resetting = false;
    if (done.ok) {
      this.#generation += 1;
      this.#tellSize();
    } else this.#fail(done);
    return done;
  }

  type(bytes: Uint8Array): void {
    if (this.#port && this.#phase.kind === 'live') this.#port.type(bytes);
  }

  /** The size of the terminal's window. The guest hears of it now, and again after each start and reset. */
  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    this.#tellSize();
  }

  /** Calls `listener` with what the guest prints, until the returned function is called. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#output = [...this.#output, listener];
    return () => {
      this.#output = this.#output.filter((other) => other !== listener);
    };
  }

  /** Names the one who hears of the operation under way. */
  follow(follower: OperationFollower | undefined): void {
    this.#follower = follower;
  }

  #events(generation: number): MachineEvents {
    const current = () => generation === this.#generation || this.#phase.kind === 'live';
    return {
      onProgress: (what, received, total) => {
        if (this.#phase.kind === 'starting') this.#phase = { kind: 'starting', what, received, total };
      },
      onOutput: (bytes) => {
        for (const listener of this.#output) listener(bytes);
      },
      onStep: (step) => this.#follower?.step(step),
      onTrace: (records) => this.#follower?.trace(records),
      onCrash: (crash) => {
        if (current() && !crash.ok) this.#fail(crash);
      },
    };
  }

  #fail(reason: Failure): void {
    this.#port?.close();
    this.#port = undefined;
    clearInterval(this.#timer);
    this.#phase = { kind: 'failed', failure: reason };
  }

  #tellSize(): void {
    if (this.#port && this.#size && this.#phase.kind === 'live') this.#port.resize(this.#size.columns, this.#size.rows);
  }

  #watch(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (!document.hidden && this.#port) void this.#port.vitals().then((vitals) => (this.#vitals = vitals));
    }, 1000);
  }
}
