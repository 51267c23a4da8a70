import { failure, success, type Failure, type Result } from '../engine/failure.ts';
import type { ExecResult } from '../engine/guest/guest.ts';
import type { TraceRecord } from '../engine/guest/trace.ts';
import type { Machine } from '../engine/machine/machine.ts';
import type { Manifest } from '../engine/pipeline/manifest.ts';
import { KernelPack } from '../engine/pipeline/pack.ts';
import type { ApplyReport, UndoReport } from '../engine/pipeline/report.ts';
import { Session } from '../engine/pipeline/session.ts';
import type { SessionState } from '../engine/pipeline/state.ts';
import { HandedSource } from './handed-source.ts';

export interface HostOptions {
  /** Address of the packs' folder. */
  readonly kernels: string;
  /** v86's WebAssembly, compiled or its address. */
  readonly wasm: WebAssembly.Module | string;
  /** Files of the packs' folder that the page fetches and hands over. */
  readonly handed: readonly string[];
}

export interface HostEvents {
  output(bytes: Uint8Array): void;
  state(state: SessionState): void;
  trace(records: readonly TraceRecord[]): void;
  crash(crash: Failure): void;
}

/** Trace records are handed on in batches: one message for each would cost more than the records. */
const TRACE_FLUSH_MS = 40;
const NOT_OPEN = failure('machine_not_ready', 'The machine is not open.');

/** A session for a page: its verbs, its events in batches, its serial line. */
export class SessionHost {
  #session: Session | undefined;
  #source: HandedSource | undefined;
  #events: HostEvents | undefined;
  #trace: TraceRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #born = 0;
  #first = 0;

  /** Takes a file of the pack that the page has fetched. */
  hand(path: string, file: Result<Uint8Array>): void {
    this.#source?.hand(path, file);
  }

  /** Restores the pack's snapshot and gives the pack's manifest once the guest answers. */
  async open(options: HostOptions, events: HostEvents): Promise<Result<Manifest>> {
    this.#events = events;
    this.#source = new HandedSource(options.kernels, options.handed);
    const pack = await KernelPack.open(this.#source);
    if (!pack.ok) return pack;
    const session = await Session.open({
      pack: pack.value,
      wasm: options.wasm,
      onMachine: (machine) => {
        machine.serial.onOutput((bytes) => events.output(bytes));
        machine.onCrash((crash) => this.#crashed(crash));
        this.#begin(machine);
      },
      onEvent: (event) => {
        if (event.type === 'trace') this.#push(event.record);
        else this.#state(event.state);
      },
    });
    if (!session.ok) return session;
    this.#session = session.value;
    return success(pack.value.manifest);
  }

  type(bytes: Uint8Array): void {
    this.#session?.machine.serial.send(bytes);
  }

  async resize(columns: number, rows: number): Promise<Result<void>> {
    return this.#session?.guest.resizeTerminal(columns, rows) ?? NOT_OPEN;
  }

  async exec(command: string, user: 'root' | 'student', timeoutMs: number): Promise<Result<ExecResult>> {
    return this.#session?.guest.exec({ command, user, timeoutMs }) ?? NOT_OPEN;
  }

  async writeFile(path: string, bytes: Uint8Array, mode: number): Promise<Result<void>> {
    return this.#session?.guest.writeFile(path, bytes, mode) ?? NOT_OPEN;
  }

  async apply(tarball: Uint8Array): Promise<Result<ApplyReport>> {
    const report = (await this.#session?.apply(tarball)) ?? NOT_OPEN;
    this.#flush();
    return report;
  }

  async undo(id: string): Promise<Result<UndoReport>> {
    const report = (await this.#session?.undo(id)) ?? NOT_OPEN;
    this.#flush();
    return report;
  }

  async reset(): Promise<Result<void>> {
    const session = this.#session;
    if (!session) return NOT_OPEN;
    const done = await session.reset();
    if (done.ok) this.#begin(session.machine);
    return done;
  }

  vitals(): { readonly seconds: number; readonly instructions: number } {
    const instructions = this.#session?.machine.instructions() ?? 0;
    return { seconds: (performance.now() - this.#born) / 1000, instructions: instructions - this.#first };
  }

  /** The snapshot was taken at the shell's prompt: an empty line makes the shell write it again. */
  #begin(machine: Machine): void {
    this.#born = performance.now();
    this.#first = machine.instructions();
    machine.serial.send('\r');
  }

  #push(record: TraceRecord): void {
    this.#trace.push(record);
    this.#timer ??= setTimeout(() => this.#flush(), TRACE_FLUSH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#trace.length > 0) this.#events?.trace(this.#trace.splice(0));
  }

  #state(state: SessionState): void {
    this.#flush();
    this.#events?.state(state);
    if (state.name === 'lost') this.#events?.crash(state.failure);
  }

  /** During a verb the session goes back by itself, and its result tells. */
  #crashed(crash: Failure): void {
    if (this.#session?.state.name === 'ready') this.#events?.crash(crash);
  }
}
