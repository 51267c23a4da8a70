/** A line of a hunk. `text` includes its line feed, but for the last line of a file that ends without one. */
export interface HunkLine {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

export interface Hunk {
  /** Line of the patch that the hunk's `@@` is on, from 1. */
  readonly line: number;
  /** As written after `@@`: first line (from 1; 0 if there are none) and number of lines, before and after. */
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** What stands behind the second `@@`; mostly the function the hunk is in. */
  readonly section: string;
  readonly lines: readonly HunkLine[];
}

/** A file's name as the patch has it. */
export interface PatchName {
  readonly path: string;
  /** False if the name is already one in the tree (git's `rename from`), true if components may have to be dropped. */
  readonly prefixed: boolean;
}

export interface FilePatch {
  /** Line of the patch that this file begins on, from 1. */
  readonly line: number;
  /** What git says happens, or what the names say; `modify` may still turn out to create or delete the file. */
  readonly kind: 'modify' | 'create' | 'delete' | 'rename' | 'copy';
  /** The same for every file of one mail or commit, if several follow each other in one patch. */
  readonly message: number;
  readonly oldName: PatchName;
  readonly newName: PatchName;
  /** True if the names have git's `a/` and `b/` in front of them. */
  readonly gitPrefixes: boolean;
  /** Octal, if the patch changes it. A pack's sources have no modes, so this changes nothing. */
  readonly newMode?: string | undefined;
  readonly hunks: readonly Hunk[];
}

/** A patch as read; nothing is known yet of the files it is for. */
export interface Patch {
  /** The text before the first file: a mail's header and message, or nothing. */
  readonly description: string;
  readonly files: readonly FilePatch[];
}

/** What a patch may have. The largest that Debian's kernel ever took in one piece are a few hundred kilobytes. */
export const PATCH_LIMITS = { bytes: 4 * 1024 * 1024, files: 2000, hunks: 20_000, pathLength: 400 } as const;
