import type { Evidence } from './evidence.ts';
import type { Ignored } from './ignored.ts';
import type { Refusal } from './refusal.ts';
import type { ReferenceKind } from './span.ts';

/** The difference between two objects, as `hotsplice diff --json` prints it. Plain data. */
export interface Changes {
  /** Path of the object in the kernel tree, such as `kernel/sys.o`. */
  readonly object: string;
  /** `unchanged`: nothing would behave differently, so there is nothing to ship. */
  readonly verdict: 'changed' | 'unchanged' | 'refused';
  readonly functions: readonly FunctionChange[];
  readonly data: readonly DataChange[];
  /** Functions that differ only because lines moved. */
  readonly lineOnly: readonly string[];
  readonly refusals: readonly Refusal[];
  /** Differences without effect on a running kernel, such as those in `__init` code. */
  readonly ignored: readonly Ignored[];
  /** What was taken for the same thing before and after, where its name alone does not say so. */
  readonly pairs: readonly Pair[];
}

/** Something of pre and what it is in post. */
export interface Pair {
  readonly pre: string;
  readonly post: string;
  readonly section: string;
  /** What told so. */
  readonly decidedBy: Evidence;
}

export interface FunctionChange {
  /** As a C programmer wrote it; a clone keeps its pre name. */
  readonly name: string;
  readonly status: 'changed' | 'new' | 'removed';
  readonly reasons: readonly Reason[];
  /** The function's code: itself first, then `.cold` and `.part` pieces. */
  readonly pieces: readonly Piece[];
}

export interface DataChange {
  readonly name: string;
  readonly status: 'changed' | 'new' | 'removed';
  readonly section: string;
  readonly size: number;
}

/** One piece of code before and after; one of the two may be missing. */
export interface Piece {
  readonly symbol: string;
  readonly pre: Code | undefined;
  readonly post: Code | undefined;
  /** What told that both are the same piece. */
  readonly decidedBy: Evidence | undefined;
}

export interface Code {
  readonly section: string;
  readonly size: number;
  /** In hex, two digits per byte. Fields of relocations hold zeros. */
  readonly bytes: string;
  readonly relocations: readonly CodeRelocation[];
}

export interface CodeRelocation {
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly kind: ReferenceKind;
  /** What the field leads to: `schedule`, `unix_ops+0x10`, or the text of a string in quotes. */
  readonly target: string;
}

export type Reason =
  /** `offset`: of the first instruction that differs, in `symbol`. */
  | { readonly kind: 'bytes'; readonly symbol: string; readonly offset: number; readonly text: string }
  | { readonly kind: 'size'; readonly symbol: string; readonly pre: number; readonly post: number; readonly text: string }
  | {
      readonly kind: 'relocation';
      readonly symbol: string;
      readonly offset: number;
      readonly pre: string;
      readonly post: string;
      readonly text: string;
    }
  | { readonly kind: 'string'; readonly pre: string | undefined; readonly post: string | undefined; readonly text: string }
  | { readonly kind: 'callee'; readonly name: string; readonly status: 'new' | 'dropped'; readonly text: string }
  | { readonly kind: 'inline'; readonly name: string; readonly text: string }
  | { readonly kind: 'section'; readonly symbol: string; readonly pre: string; readonly post: string; readonly text: string }
  | { readonly kind: 'line'; readonly pre: number; readonly post: number; readonly text: string }
  | { readonly kind: 'table'; readonly table: string; readonly text: string }
  | { readonly kind: 'data'; readonly name: string; readonly text: string }
  | { readonly kind: 'clone'; readonly pre: string; readonly post: string; readonly text: string }
  | { readonly kind: 'piece'; readonly name: string; readonly status: 'new' | 'dropped'; readonly text: string }
  | { readonly kind: 'pulled-in'; readonly by: string; readonly text: string };
