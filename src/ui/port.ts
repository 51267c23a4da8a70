import type { Failure, Result, Success } from '../engine/failure.ts';
import type { ExecResult } from '../engine/guest/guest.ts';
import type { TraceRecord } from '../engine/guest/trace.ts';
import type { Manifest } from '../engine/pipeline/manifest.ts';
import type { ApplyReport, UndoReport } from '../engine/pipeline/report.ts';
import type { SessionState } from '../engine/pipeline/state.ts';
import type {
  AppliedPatch,
  BuildFailure,
  BuildOptions,
  BuildProgress,
  BuiltChange,
  FileChange,
  Hit,
  LoadProgress,
  PatchFailure,
  Plan,
  ToolchainInfo,
  Warmth,
} from '../workers/toolchain-types.ts';

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

/**
 * What the page asks of the toolchain in its workers: the kernel's sources, the compiler, and the way from a change to an update.
 * Nothing is loaded before `open`. Every call ends, also when a worker dies; after `cancel` and `close` calls under way end
 * with `cancelled`.
 */
export interface ToolchainPort {
  /** Loads the indexes of the sources; the compiler itself comes with `warm` or `build`. Opening twice is opening once. */
  open(onProgress?: (progress: LoadProgress) => void): Promise<Result<ToolchainInfo>>;
  /** Files and functions whose names match, best first. An empty query matches nothing. */
  search(query: string, limit: number): Promise<Result<readonly Hit[]>>;
  /** The text of a file of the kernel the guest runs. */
  read(path: string): Promise<Result<string>>;
  /**
   * Loads the compiler and tries it on the unchanged unit of that file, so that the first build finds it warm. After the answer it is tried some more,
   * until a build begins: `onProgress` hears of it.
   */
  warm(path: string, onProgress?: (progress: LoadProgress) => void): Promise<Result<Warmth>>;
  /** Applies a patch to the sources of the kernel the guest runs. */
  applyPatch(patch: string | Uint8Array): Promise<Result<AppliedPatch> | PatchFailure>;
  /** What has to be compiled for these changes, or why they are refused. */
  plan(changes: readonly FileChange[]): Promise<Result<Plan>>;
  /** These changes as a git-style patch. */
  diff(changes: readonly FileChange[]): Promise<Result<string>>;
  /** Compiles, compares and writes the update. One build at a time: a second one is refused with `busy`. */
  build(
    changes: readonly FileChange[],
    options: BuildOptions,
    onProgress?: (progress: BuildProgress) => void,
  ): Promise<Success<BuiltChange> | BuildFailure>;
  /** Ends a build or a trial at once. The port goes on. */
  cancel(): void;
  /** Lets go of the workers. The port opens again when it is asked. */
  close(): void;
}

/** Makes the toolchain's port for a kernel pack; nothing is loaded yet. */
export type MakeToolchain = (kernel: string) => ToolchainPort;
