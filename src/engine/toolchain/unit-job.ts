import type { Contents } from './changed-tree.ts';

/** The work of a compiler in its thread: one unit. Plain data, so that it crosses threads. */
export interface UnitJob {
  /** Object path; also the name of what is written. */
  readonly unit: string;
  readonly cc1: readonly string[];
  /** Undefined: the compiler's text is what is wanted. */
  readonly as: readonly string[] | undefined;
  /** Every file that the unit may see. Those not in `supply` and `changes` were supplied by an earlier job. */
  readonly files: readonly string[];
  /** Files of the pack that this compiler has not had yet. Their memory is the job's own: it may be transferred. */
  readonly supply: readonly (readonly [path: string, bytes: Uint8Array<ArrayBuffer>])[];
  /** The change on top of the pack, if it is not the one of the job before. */
  readonly changes?: readonly (readonly [path: string, contents: Contents])[];
}

/** Milliseconds of the parts of a job. */
export interface JobTimings {
  readonly files: number;
  readonly instantiate: number;
  readonly cc1: number;
  readonly as: number;
}

interface Ended {
  /** What `cc1` wrote for people, and `as` if it came to that. */
  readonly messages: { readonly cc1: string; readonly as: string };
  readonly timings: JobTimings;
}

/** How a job ended. */
export type UnitOutcome =
  /** The object, or the assembly text if that was wanted. */
  | (Ended & { readonly kind: 'made'; readonly output: Uint8Array })
  /** The tool said no, in words. */
  | (Ended & { readonly kind: 'failed'; readonly tool: ToolName; readonly status: number })
  /** The tool broke down. */
  | (Ended & {
      readonly kind: 'crashed';
      readonly tool: ToolName;
      readonly reason: 'memory' | 'stack' | 'trap';
      readonly found: string;
    });

export type ToolName = 'cc1' | 'as';
