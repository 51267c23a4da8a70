/** Why functions are replaced, as plain data: `--why --json` prints it and the page draws it. */
export interface Why {
  /** Path of the object in the kernel tree, such as `kernel/sys.o`. */
  readonly object: string;
  readonly functions: readonly FunctionWhy[];
  /** Functions that stay because nothing but line numbers differs, to be seen in their instructions; of very many the first. */
  readonly lineOnly: readonly LineOnlyWhy[];
}

export interface LineOnlyWhy {
  readonly name: string;
  readonly pieces: readonly AlignedPiece[];
}

export interface FunctionWhy {
  readonly name: string;
  /** Its code, pre and post side by side: in the order of `FunctionChange.pieces`. */
  readonly pieces: readonly AlignedPiece[];
  /** What leads to it, most direct first. Never empty: one that begins with `unknown` says what is not known. */
  readonly chains: readonly Chain[];
}

/** A piece of code before and after. The `pre` lines of all rows are pre, in order and complete; the `post` lines are post. */
export interface AlignedPiece {
  readonly symbol: string;
  readonly rows: readonly Row[];
}

/** Two instructions that stand for each other, or one that has no counterpart. */
export interface Row {
  readonly pre?: Line;
  readonly post?: Line;
  /** Empty if the two mean the same. */
  readonly differences: readonly Difference[];
}

/** One instruction as text. */
export interface Line {
  /** From the start of the piece. */
  readonly offset: number;
  /** In hex, two digits per byte; fields of relocations hold zeros. */
  readonly bytes: string;
  readonly mnemonic: string;
  /** Intel syntax, with what a relocation leads to by name and a place inside of the function by its label. */
  readonly operands: string;
  /** Its own label, if anything leads here; the same in pre and post where they correspond. */
  readonly label?: string;
  /** What special tables say of it: `lock prefix`, `exception: goes on at L3`. */
  readonly notes: readonly string[];
}

export interface Difference {
  readonly kind: DifferenceKind;
  /** In words, for a person. */
  readonly text: string;
}

export type DifferenceKind =
  /** The instruction has no counterpart on the other side. */
  | 'inserted'
  | 'removed'
  /** Another instruction. */
  | 'opcode'
  /** The same instruction with another register, or a register instead of a place in the stack frame. */
  | 'register'
  | 'immediate'
  /** Another offset from a pointer: a hint that the layout of a structure changed. */
  | 'memory-offset'
  /** Another place in the stack frame, or a frame of another size. */
  | 'stack'
  | 'call-target'
  /** A branch inside of the function leads elsewhere. */
  | 'jump-target'
  | 'string'
  /** Another variable, constant or function is used, or one whose contents changed. */
  | 'data'
  | 'alternative'
  | 'lock'
  | 'jump-label'
  | 'bug'
  | 'exception'
  | 'paravirt'
  | 'static-call'
  | QuietKind;

/** Differences of bytes that change nothing the function does. */
export type QuietKind =
  /** The same branch to the same place, which is farther or nearer now. */
  | 'distance'
  /** The same instruction in other bytes. */
  | 'encoding'
  /** The instruction is in another place of the function, within a block that moved as it was. */
  | 'moved'
  /** A line number of the source that moved. */
  | 'line'
  /** An instruction without effect, which only fills a gap. */
  | 'padding';

const QUIET: ReadonlySet<DifferenceKind> = new Set<QuietKind>(['distance', 'encoding', 'moved', 'line', 'padding']);

/** Whether a row is a difference in what the function does. */
export function differs(row: Row): boolean {
  return row.differences.some(({ kind }) => !QUIET.has(kind));
}

/** From what a person changed to the function that has to be replaced. */
export interface Chain {
  /** The first has no `link`; the last is the function. */
  readonly steps: readonly ChainStep[];
}

export interface ChainStep {
  readonly node: ChainNode;
  /** How the step before leads to this one. */
  readonly link?: { readonly via: Via; readonly evidence: string };
}

export type ChainNode =
  /** Changed lines of a source file. `line`: the first of them, in the file after the change (before it, if lines only went). */
  | {
      readonly kind: 'patch';
      readonly path: string;
      readonly line: number;
      readonly side: 'pre' | 'post';
      /** The first changed line, with `+` or `-`. */
      readonly text: string;
      /** Changed lines in the same definition. */
      readonly count: number;
    }
  /** Something that only the source knows: it has no code or data of its own in the object. */
  | { readonly kind: 'source'; readonly what: DefinitionKind; readonly name: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'data'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'unknown'; readonly text: string };

export type Via = 'lines' | 'inlined' | 'macro' | 'layout' | 'constant' | 'string' | 'data' | 'clone' | 'callee' | 'middle';

export type DefinitionKind = 'function' | 'macro' | 'struct' | 'enum' | 'variable' | 'other';
