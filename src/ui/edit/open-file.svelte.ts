import { Text, type EditorState } from '@codemirror/state';
import type { FileChange } from '../../workers/toolchain-types.ts';
import { sourceState } from './source/setup.ts';
import { storeEdit, type StoredFile } from './stored-draft.ts';

/** A file of the kernel as the editor has it: its text, its own history of changes, and what it was. */
export class OpenFile {
  readonly path: string;
  /** As it is in the running kernel; nothing if the change adds the file. */
  readonly original: string | undefined;
  readonly renamedFrom: string | undefined;
  #before: Text;
  #state: EditorState;
  #doc: Text;
  /** The line of the cursor when the file was last looked at. */
  line = 1;

  constructor(path: string, original: string | undefined, text = original ?? '', renamedFrom?: string) {
    this.path = path;
    this.original = original;
    this.renamedFrom = renamedFrom;
    this.#before = Text.of((original ?? '').split('\n'));
    // Texts that share their parts compare quickly.
    const doc = text === original ? this.#before : Text.of(text.split('\n'));
    this.#state = sourceState(path, doc, this.#before);
    this.#doc = $state.raw(doc);
  }

  get state(): EditorState {
    return this.#state;
  }

  /** Takes the editor's next state. Says whether the text is another. */
  take(state: EditorState): boolean {
    this.#state = state;
    if (state.doc === this.#doc) return false;
    this.#doc = state.doc;
    return true;
  }

  get text(): string {
    return this.#doc.toString();
  }

  get changed(): boolean {
    return this.original === undefined || this.renamedFrom !== undefined || !this.#doc.eq(this.#before);
  }

  get change(): FileChange {
    const { path, text, renamedFrom } = this;
    return renamedFrom === undefined ? { path, text } : { path, text, renamedFrom };
  }

  /** The change as a draft keeps it. */
  get stored(): StoredFile {
    if (this.original !== undefined && this.renamedFrom === undefined) return storeEdit(this.path, this.original, this.text);
    return { kind: 'new', path: this.path, text: this.text, renamedFrom: this.renamedFrom };
  }
}
