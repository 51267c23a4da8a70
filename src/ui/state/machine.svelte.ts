import { failure, type Failure, type Result } from '../../engine/failure.ts';
import type { Manifest } from '../../engine/pipeline/manifest.ts';
import type { SessionState } from '../../engine/pipeline/state.ts';
import type { MachineEvents, MachinePort, OpenMachine, TraceRecord, Vitals } from '../port.ts';

export type MachinePhase =
  | { readonly kind: 'starting'; readonly received: number; readonly total: number }
  | { readonly kind: 'live'; readonly kernel: Manifest }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Who follows an operation of the core: the lesson that began it. */
export interface OperationFollower {
  state(state: SessionState): void;
  trace(records: readonly TraceRecord[]): void;
}

/** Leaves full-screen programs' modes behind, then says in dim letters what happened. */
const said = (text: string) => new TextEncoder().encode(`\x1b[!p\x1b[?1047l\x1b[?25h\x1b[0m\r\n\x1b[90m── ${text} ──\x1b[0m`);

const STARTING: MachinePhase = { kind: 'starting', received: 0, total: 0 };
const VITALS_EVERY_MS = 1000;

/** The guest as the page sees it: starting, live or failed; and the one way to its port. */
export class Machine {
  #phase = $state.raw<MachinePhase>(STARTING);
  #hurt = $state.raw<Failure | undefined>(undefined);
  #vitals = $state.raw<Vitals>({ seconds: 0, instructions: 0 });
  #generation = $state.raw(0);
  #resetting = $state.raw(false);
  /** Counts the machines opened: what an earlier one still has to say is of no interest. */
  #opened = 0;
  #port = $state.raw<MachinePort | undefined>(undefined);
  #kernel: Manifest | undefined;
  #open: OpenMachine;
  #output: readonly ((bytes: Uint8Array) => void)[] = [];
  /** What the guest printed before anybody listened: the page's pictures load while the machine already starts. */
  #backlog: Uint8Array[] = [];
  #follower: OperationFollower | undefined;
  /** The session is on its way back from an operation that broke off. */
  #recovering = false;
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

  /** The guest's kernel reported an error in itself, but runs on. */
  get hurt(): Failure | undefined {
    return this.#hurt;
  }

  /** A reset is possible: also after a failure, as long as the worker is well. */
  get resettable(): boolean {
    return this.#port !== undefined && !this.#resetting;
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
    this.#drop();
    if (this.#phase.kind !== 'starting') this.#show(said('started again'));
    this.#phase = STARTING;
    this.#generation += 1;
    const machine = ++this.#opened;
    const opened = await this.#open(this.#events(machine));
    if (machine !== this.#opened) return;
    if (!opened.ok) {
      this.#phase = { kind: 'failed', failure: opened };
      return;
    }
    this.#port = opened.value.port;
    this.#kernel = opened.value.kernel;
    this.#enliven();
  }

  /** Back to the snapshot, in the same worker. */
  async reset(): Promise<Result<void>> {
    if (!this.#port) return failure('machine_not_ready', 'There is no machine to reset.', { hint: 'Start it again.' });
    this.#resetting = true;
    this.#show(said('back to the snapshot'));
    const done = await this.#port.reset();
    this.#resetting = false;
    if (done.ok) {
      this.#generation += 1;
      this.#enliven();
    } else {
      this.#phase = { kind: 'failed', failure: done };
    }
    return done;
  }

  dismissHurt(): void {
    this.#hurt = undefined;
  }

  type(bytes: Uint8Array): void {
    if (this.live) this.#port?.type(bytes);
  }

  /** The size of the terminal's window. The guest hears of it now, and again after each start and reset. */
  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    if (this.live) this.#port?.resize(columns, rows);
  }

  /** Calls `listener` with what the guest prints, until the returned function is called. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#output = [...this.#output, listener];
    for (const bytes of this.#backlog.splice(0)) listener(bytes);
    return () => {
      this.#output = this.#output.filter((other) => other !== listener);
    };
  }

  /** Names the one who hears of the operation under way. */
  follow(follower: OperationFollower | undefined): void {
    this.#follower = follower;
  }

  #events(machine: number): MachineEvents {
    const current = <A extends unknown[]>(act: (...args: A) => void) => {
      return (...args: A) => {
        if (machine === this.#opened) act(...args);
      };
    };
    return {
      onProgress: current((received, total) => {
        if (this.#phase.kind === 'starting') this.#phase = { kind: 'starting', received, total };
      }),
      onOutput: current((bytes) => this.#show(bytes)),
      onState: current((state) => {
        this.#follower?.state(state);
        if (state.name === 'ready' && this.#recovering) this.#show(said('the guest is as it was before; Enter for a prompt'));
        this.#recovering = 'step' in state && state.step === 'recover';
      }),
      onTrace: current((records) => this.#follower?.trace(records)),
      onCrash: current((crash) => {
        if (crash.code === 'guest_oops') this.#hurt = crash;
        else this.#phase = { kind: 'failed', failure: crash };
      }),
      onDeath: current((reason) => {
        this.#drop();
        this.#phase = { kind: 'failed', failure: reason };
      }),
    };
  }

  #show(bytes: Uint8Array): void {
    if (this.#output.length === 0) this.#backlog.push(bytes);
    for (const listener of this.#output) listener(bytes);
  }

  #enliven(): void {
    if (!this.#kernel) return;
    this.#hurt = undefined;
    this.#phase = { kind: 'live', kernel: this.#kernel };
    if (this.#size) this.#port?.resize(this.#size.columns, this.#size.rows);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.#watch();
    }, VITALS_EVERY_MS);
  }

  async #watch(): Promise<void> {
    const machine = this.#opened;
    const vitals = await this.#port?.vitals();
    if (!vitals || machine !== this.#opened) return;
    if (vitals.ok) {
      this.#vitals = vitals.value;
    } else {
      this.#drop();
      this.#phase = { kind: 'failed', failure: vitals };
    }
  }

  /** Lets go of the worker; what it says from now on is not heard. */
  #drop(): void {
    this.#opened += 1;
    clearInterval(this.#timer);
    this.#port?.close();
    this.#port = undefined;
    this.#hurt = undefined;
  }
}
