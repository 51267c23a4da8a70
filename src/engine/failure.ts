/**
 * A failure as a value. It crosses rooms, workers and the command line unchanged, so it is plain data.
 * Exceptions are for bugs only.
 */
export interface Failure {
  readonly ok: false;
  /** Stable, machine-readable: `no_match`, `code_busy`, `bad_elf`, `pack_hash`, … (snake case). */
  readonly code: string;
  /** One plain sentence: what went wrong. */
  readonly message: string;
  /** The object concerned: symbol, section, file, address. */
  readonly where?: string;
  readonly expected?: string;
  readonly found?: string;
  /** The way out, as an instruction to the person. */
  readonly hint?: string;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T> = Success<T> | Failure;

/** Builds a success. */
export function success<T>(value: T): Success<T> {
  return { ok: true, value };
}

/** Builds a failure; `details` fills in where, expected, found and hint. */
export function failure(code: string, message: string, details: Partial<Omit<Failure, 'ok' | 'code' | 'message'>> = {}): Failure {
  return { ok: false, code, message, ...details };
}
