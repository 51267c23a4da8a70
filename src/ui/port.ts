import type { Result } from '../engine/failure.ts';
import type { TraceRecord } from '../engine/guest/trace.ts';

export type { TraceRecord };

/** What the page needs of the machine. The worker's remote is fitted to it in machine-port.ts. */
export interface MachinePort {
  /** Types bytes on the person's serial line. */
  type(bytes: Uint8Array): void;
  /** Tells the shell how large its window is. */
  resize(columns: number, rows: number): void;
  /** Runs a shell command through the agent. */
  exec(request: ExecRequest): Promise<Result<ExecReply>>;
  writeFile(path: string, bytes: Uint8Array, mode: number): Promise<Result<void>>;
  apply(tarball: Uint8Array): Promise<Result<OperationReport>>;
  undo(id: string): Promise<Result<OperationReport>>;
  /** Back to the snapshot; every update is gone. */
  reset(): Promise<Result<void>>;
  /** How long the machine has run since it was restored, and the instructions of that time. */
  vitals(): Promise<Vitals>;
  /** Lets go of the worker. The port is of no use afterwards. */
  close(): void;
}

export interface ExecRequest {
  readonly command: string;
  readonly user?: 'root' | 'student';
  readonly timeoutMs?: number;
}

export interface ExecReply {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Vitals {
  readonly seconds: number;
  readonly instructions: number;
}

export interface OperationReport {
  readonly id: string;
  readonly abortCause: string;
  readonly tries: number;
  readonly stopInstructions?: number;
  readonly milliseconds: number;
}

export interface KernelFacts {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly machine: string;
}

/** What the machine tells the page unasked. */
export interface MachineEvents {
  onProgress(what: string, received: number, total: number): void;
  onOutput(bytes: Uint8Array): void;
  onStep(step: 'upload' | 'load' | 'core' | 'unload'): void;
  onTrace(records: readonly TraceRecord[]): void;
  /** The worker or the guest died. */
  onCrash(failure: Result<never>): void;
}
