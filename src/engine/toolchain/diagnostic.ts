import type { Failure, Success } from '../failure.ts';

/** A place in a file of the kernel tree. Lines and columns count from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
}

/** What the compiler or the assembler says of the source. */
export interface Diagnostic extends Place {
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  /** In UTF-16 units, as editors count. 0: no column is known. */
  readonly column: number;
  /** Where what is marked ends, exclusive. */
  readonly endColumn?: number;
  /** The option that switches the warning on or off (`-Wunused-variable`). */
  readonly option?: string;
  /** The function that the place lies in. */
  readonly function?: string;
  /** The `#include` lines that lead to the file, innermost first. */
  readonly includedFrom?: readonly Place[];
  /** Notes that belong to it; for a place in a macro, its expansions from the inside out. */
  readonly children: readonly Diagnostic[];
}

/** Why a change did not compile: with `compile_error` and `assembler_error`, what the tools said. */
export interface CompileFailure extends Failure {
  readonly diagnostics: readonly Diagnostic[];
}

export type CompileResult<T> = Success<T> | CompileFailure;

/** Adds what the compiler said to a failure. */
export function compileFailure(reason: Failure, diagnostics: readonly Diagnostic[] = []): CompileFailure {
  return { ...reason, diagnostics };
}
