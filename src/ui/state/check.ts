/** One run of a lesson's check in the guest. */
export interface CheckRun {
  readonly status: number;
  /** stdout, then stderr, as text. */
  readonly output: string;
  readonly asExpected: boolean;
}

export type CheckTime = 'before' | 'after' | 'undone';

export interface Expectation {
  readonly status?: number;
  /** A regular expression that stdout must match. */
  readonly stdout?: string;
}

/** Whether a run is what the lesson's author wrote down. An expectation that says nothing accepts everything. */
export function asExpected(expectation: Expectation | undefined, status: number, stdout: string): boolean {
  if (!expectation) return true;
  if (expectation.status !== undefined && expectation.status !== status) return false;
  return expectation.stdout === undefined || new RegExp(expectation.stdout, 'm').test(stdout);
}
