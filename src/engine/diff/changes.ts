import type { Evidence } from './evidence.ts';
import type { HookKind } from './hooks.ts';
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
  /** Functions that run when the update is applied or reversed, in the order of the source. */
  readonly hooks: readonly { readonly kind: HookKind; readonly function: string }[];
  readonly exports: readonly ExportChange[];
  /** Functions that differ only because lines moved. */
  readonly lineOnly: readonly string[];
  /** Their code, to be shown: of the first {@link MOST_LINE_ONLY_CODE}. Updates do not keep it. */
  readonly lineOnlyCode: readonly LineOnlyCode[];
  readonly refusals: readonly Refusal[];
  /** Differences without effect on a running kernel, such as those in `__init` code. */
  readonly ignored: readonly Ignored[];
  /** What was taken for the same thing before and after, where its name alone does not say so. */
  readonly pairs: readonly Pair[];
}

export const MOST_LINE_ONLY_CODE = 64;

/** A function that stays because nothing but line numbers differs. */
export interface LineOnlyCode {
  readonly name: string;
  /** The numbers that moved. */
  readonly shifts: readonly { readonly pre: number; readonly post: number }[];
  /** Those of its pieces in which any did. */
  readonly pieces: readonly Piece[];
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
  /** The function's code: itself first, then `.part` pieces, then what is cold, of both; pieces of a kind by their numbers. */
  readonly pieces: readonly Piece[];
}

export interface DataChange {
  readonly name: string;
  readonly status: 'changed' | 'new' | 'removed';
  readonly section: string;
  readonly size: number;
  /** What else changed that it refers to, and with it what it holds. */
  readonly pulledBy: readonly { readonly kind: 'string' | 'data'; readonly name: string }[];
  /** Of what changed: the new bytes are written over the old ones, or go into a copy for the code that uses them. */
  readonly how?: 'in place' | 'copy';
}

/** A symbol that modules may use from now on, or no longer. One that is only exported otherwise is first removed, then new. */
export interface ExportChange {
  readonly name: string;
  readonly status: 'new' | 'removed';
  readonly gpl: boolean;
  readonly namespace?: string;
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
  /** Its name on this side. */
  readonly symbol: string;
  readonly section: string;
  readonly size: number;
  /** Word size: how its instructions are decoded. */
  readonly bits: 32 | 64;
  /** In hex, two digits per byte. Fields of relocations hold zeros. */
  readonly bytes: string;
  readonly relocations: readonly CodeRelocation[];
  /** What special tables say of places in it, by offset. */
  readonly sites: readonly CodeSite[];
}

/** Where a field or an entry of a table leads. */
export interface CodeTarget {
  /** In words: `schedule`, `unix_ops+0x10`, or the text of a string in quotes. */
  readonly target: string;
  /** `unknown`: something that this object does not define. */
  readonly to: 'function' | 'string' | 'constant' | 'data' | 'unknown';
  /**
   * What decides whether pre and post mean the same thing, where that is not `target`: a variable that the compiler has numbered anew is the same, a
   * constant of the same name whose contents changed is not.
   */
  readonly identity?: string;
  /** The place, if it leads into the code of a function. */
  readonly place?: CodePlace;
  /** The places that a table of jump targets leads to from there on. */
  readonly table?: readonly CodePlace[];
}

/** A place inside of a piece of code. */
export interface CodePlace {
  /** The piece, by its name on this side. */
  readonly symbol: string;
  readonly offset: number;
}

export interface CodeRelocation extends CodeTarget {
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly kind: ReferenceKind;
}

export type CodeSite = { readonly offset: number } & (
  | {
      readonly kind: 'alternative';
      readonly length: number;
      /** The processor's feature, as the kernel counts them, with the flags above 16 bits. */
      readonly feature: number;
      /** What the kernel puts there, in hex. */
      readonly bytes: string;
      readonly relocations: readonly CodeRelocation[];
    }
  | { readonly kind: 'lock' }
  | { readonly kind: 'jump'; readonly key: CodeTarget; readonly target: CodeTarget; readonly flags: number }
  | { readonly kind: 'bug'; readonly file?: string; readonly line: number; readonly flags: number }
  | { readonly kind: 'extable'; readonly fixup: CodeTarget; readonly data: number; readonly handler?: CodeTarget }
  | { readonly kind: 'paravirt'; readonly type: number; readonly length: number }
  | { readonly kind: 'static-call'; readonly key: CodeTarget; readonly flags: number }
);

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
  | { readonly kind: 'middle'; readonly name: string; readonly text: string }
  | { readonly kind: 'piece'; readonly name: string; readonly status: 'new' | 'dropped'; readonly text: string }
  | { readonly kind: 'pulled-in'; readonly by: string; readonly text: string };
