import { success, type Result } from '../failure.ts';

/** Reads a file of the kernel; undefined if the kernel is not built from such a file. A failure ends the work. */
export type ReadFile = (path: string) => Promise<Result<string | undefined>>;

/** A file that a patch changes. A rename is two of them: the new file, which says what it was, and the old one without text. */
export interface FileChange {
  /** In the kernel tree. */
  readonly path: string;
  /** The whole text after the change; null if the file is deleted. */
  readonly text: string | null;
  readonly renamedFrom?: string;
}

interface Entry {
  readonly before: string | undefined;
  text: string | undefined;
  renamedFrom?: string;
}

/** The kernel's files with the changes made so far. */
export class PatchedTree {
  readonly #read: ReadFile;
  readonly #entries = new Map<string, Entry>();
  /** What the files were when the message that is being applied began. */
  #begin = new Map<string, string | undefined>();
  #message: number | undefined;

  constructor(read: ReadFile) {
    this.#read = read;
  }

  /** From now on a rename or copy takes what the files are now. */
  beginMessage(message: number): void {
    if (message === this.#message) return;
    this.#message = message;
    this.#begin = new Map();
  }

  /** The file as it is now. */
  async text(path: string): Promise<Result<string | undefined>> {
    const known = this.#entries.get(path);
    if (known) return success(known.text);
    const read = await this.#read(path);
    if (!read.ok) return read;
    this.#entries.set(path, { before: read.value, text: read.value });
    return read;
  }

  /** The file as it was before this message: what git renames and copies. */
  async textAtBegin(path: string): Promise<Result<string | undefined>> {
    return this.#begin.has(path) ? success(this.#begin.get(path)) : this.text(path);
  }

  /** Gives a file a text, or deletes it. It must have been read before. */
  write(path: string, text: string | undefined, renamedFrom?: string): void {
    const entry = this.#entries.get(path) ?? { before: undefined, text: undefined };
    if (!this.#begin.has(path)) this.#begin.set(path, entry.text);
    this.#entries.set(path, { before: entry.before, text, ...(renamedFrom !== undefined && { renamedFrom }) });
  }

  /** What is different now, in the order in which the files were first asked for. */
  changes(): FileChange[] {
    return [...this.#entries].flatMap(([path, { before, text, renamedFrom }]) => {
      if (before === text) return [];
      return [{ path, text: text ?? null, ...(renamedFrom !== undefined && { renamedFrom }) }];
    });
  }
}
