/** A command for the guest, and what it must give. */
export interface GuestCommand {
  readonly command: string;
  readonly user: 'root' | 'student';
  readonly timeoutMs?: number;
  readonly before?: Expectation;
  readonly after?: Expectation;
}

/** One run of a command in the guest. */
export interface CheckRun {
  readonly status: number;
  /** stdout, then stderr, as text. */
  readonly output: string;
  /** Nothing if nobody wrote down what to expect. */
  readonly asExpected: boolean | undefined;
}

export type CheckTime = 'before' | 'after' | 'undone';

export interface Expectation {
  readonly status?: number;
  /** A regular expression that stdout must match. */
  readonly stdout?: string;
}

/** Whether a run is what the lesson's author wrote down. */
export function asExpected(expectation: Expectation, status: number, stdout: string): boolean {
  if (expectation.status !== undefined && expectation.status !== status) return false;
  return expectation.stdout === undefined || new RegExp(expectation.stdout, 'm').test(stdout);
}
