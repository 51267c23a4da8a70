import type { Changes } from '../engine/diff/changes.ts';
import type { Failure, Result } from '../engine/failure.ts';
import type { Diagnostic } from '../engine/toolchain/diagnostic.ts';
import type { CompileProgress } from '../engine/toolchain/toolchain.ts';
import type { SourceEvidence } from '../engine/why/explain.ts';

export type { AppliedPatch, HunkNote } from '../engine/patch/apply.ts';
export type { PatchFailure } from '../engine/patch/patch-failure.ts';
export type { FileChange } from '../engine/patch/tree.ts';
export type { Diagnostic } from '../engine/toolchain/diagnostic.ts';
export type { Plan, PlannedUnit } from '../engine/toolchain/plan.ts';
export type { CompileProgress as UnitProgress, Warmth } from '../engine/toolchain/toolchain.ts';

/** What the toolchain has at hand. */
export interface ToolchainInfo {
  readonly kernel: string;
  /** Such as `12.2.0`. */
  readonly compiler: string;
  readonly files: number;
  readonly functions: number;
  readonly units: number;
  /** Compilers that work side by side. */
  readonly workers: number;
  /** What does not work as it should without being in the way: no storage, storage full. */
  readonly notes: readonly Failure[];
}

/** A file or a function that matches a query. */
export interface Hit {
  readonly kind: 'file' | 'function';
  /** The function's name, or the file's path. */
  readonly name: string;
  readonly path: string;
  /** Of a function: where it is defined. From 1. */
  readonly line?: number;
  /** Parts of `name` that match: start and end, end exclusive. */
  readonly marks: readonly (readonly [number, number])[];
}

/** What is being loaded, in bytes, or tried, in trials; for a progress bar. A total of 0: not known. */
export interface LoadProgress {
  readonly step: 'indexes' | 'compiler' | 'sources' | 'trial';
  readonly received: number;
  readonly total: number;
}

/** What a build is doing. */
export type BuildProgress =
  | { readonly stage: 'load'; readonly load: LoadProgress }
  | { readonly stage: 'compile'; readonly unit: CompileProgress }
  | { readonly stage: 'compare' }
  | { readonly stage: 'pack' };

export interface BuildOptions {
  /** Id of the update: at most 31 of a-z, 0-9 and _. */
  readonly id: string;
  readonly description: string;
}

/** A unit that was compiled, and whether its object came from the store. */
export interface BuiltUnit {
  readonly object: string;
  readonly milliseconds: number;
  readonly cached: boolean;
}

/** A part of a build and how long it took. */
export interface Timing {
  readonly name: string;
  readonly milliseconds: number;
}

/** An update made from a change of the source. */
export interface BuiltChange {
  readonly id: string;
  readonly tarball: Uint8Array;
  /** One per unit whose object changed. */
  readonly changes: readonly Changes[];
  /** The change as a git-style patch. */
  readonly patch: string;
  /** What the sources tell of functions in which the patch changes no line; the update does not need it. */
  readonly sources: Result<readonly SourceEvidence[]>;
  /** Units whose objects changed. */
  readonly units: readonly BuiltUnit[];
  /** Units that were compiled and gave the object that runs: not part of the update. */
  readonly same: readonly string[];
  /** Warnings; errors come with a failure. */
  readonly diagnostics: readonly Diagnostic[];
  readonly timings: readonly Timing[];
  readonly notes: readonly Failure[];
}

/** Why a build gave nothing. `diagnostics`: what the compiler said, with `compile_error` and `assembler_error`. */
export interface BuildFailure extends Failure {
  readonly diagnostics?: readonly Diagnostic[];
}
