import type { Failure, Result } from '../engine/failure.ts';
import type { ExecResult } from '../engine/guest/guest.ts';
import type { TraceRecord } from '../engine/guest/trace.ts';
import type { Manifest } from '../engine/pipeline/manifest.ts';
import type { ApplyReport, UndoReport } from '../engine/pipeline/report.ts';
import type { SessionState } from '../engine/pipeline/state.ts';

export type { TraceRecord };

/** What the page asks of the machine in its worker. Every call ends, also when the worker dies. */
export interface MachinePort {
  /** Types bytes on the person's serial line. */
  type(bytes: Uint8Array): void;
  /** Tells the shell how large its window is. */
  resize(columns: number, rows: number): void;
  /** Runs a shell command through the agent. */
  exec(command: string, user: 'root' | 'student', timeoutMs: number): Promise<Result<ExecResult>>;
  writeFile(path: string, bytes: Uint8Array, mode: number): Promise<Result<void>>;
  apply(tarball: Uint8Array): Promise<Result<ApplyReport>>;
  undo(id: string): Promise<Result<UndoReport>>;
  /** Back to the snapshot; every update is gone. */
  reset(): Promise<Result<void>>;
  /** How long the machine has run since it was restored. A failure means that the worker is dead or stuck. */
  vitals(): Promise<Result<Vitals>>;
  /** Lets go of the worker. The port is of no use afterwards. */
  close(): void;
}

export interface Vitals {
  readonly seconds: number;
  readonly instructions: number;
}

/** What the machine tells the page unasked. */
export interface MachineEvents {
  onProgress(received: number, total: number): void;
  onOutput(bytes: Uint8Array): void;
  onState(state: SessionState): void;
  onTrace(records: readonly TraceRecord[]): void;
  /** The guest was hurt or ended; the worker is well. */
  onCrash(crash: Failure): void;
  /** The worker is gone. */
  onDeath(reason: Failure): void;
}

/** A machine that runs, and the kernel in it. */
export interface OpenedMachine {
  readonly port: MachinePort;
  readonly kernel: Manifest;
}

export type OpenMachine = (events: MachineEvents) => Promise<Result<OpenedMachine>>;
