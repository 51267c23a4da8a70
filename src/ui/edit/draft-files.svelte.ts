import type { EditorView } from '@codemirror/view';
import type { StateEffect, TransactionSpec } from '@codemirror/state';
import { success, type Result } from '../../engine/failure.ts';
import type { FileChange } from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';
import { OpenFile } from './open-file.svelte.ts';

/** A line that the editor is to show. */
export interface Goal {
  readonly path: string;
  /** Nothing: where the file was left. */
  readonly line: number | undefined;
  readonly column: number;
}

/** The files of a draft: those with a tab, and those that are changed. */
export class DraftFiles {
  #port: ToolchainPort;
  #all = $state.raw<readonly OpenFile[]>([]);
  #tabs = $state.raw<readonly string[]>([]);
  #at = $state.raw<string | undefined>(undefined);
  #deleted = $state.raw<readonly string[]>([]);
  #goal = $state.raw<Goal | undefined>(undefined);
  #revision = $state.raw(0);
  #asked = 0;
  #changed = $derived(this.#all.filter((file) => file.changed));
  /** The editor, while there is one: the file in it changes through it. */
  #view: EditorView | undefined;
  #scrolls = new WeakMap<OpenFile, StateEffect<unknown>>();
  #onChange: () => void;

  constructor(port: ToolchainPort, onChange: () => void) {
    this.#port = port;
    this.#onChange = onChange;
  }

  get tabs(): readonly OpenFile[] {
    return this.#tabs.flatMap((path) => this.find(path) ?? []);
  }

  get active(): OpenFile | undefined {
    return this.#at === undefined ? undefined : this.find(this.#at);
  }

  get changed(): readonly OpenFile[] {
    return this.#changed;
  }

  get deleted(): readonly string[] {
    return this.#deleted;
  }

  /** Where the editor is to go; it says `arrived` when it is there. */
  get goal(): Goal | undefined {
    return this.#goal;
  }

  arrived(): void {
    this.#goal = undefined;
  }

  /** Counts changes of the text: what was made of an earlier one is no longer what is shown. */
  get revision(): number {
    return this.#revision;
  }

  get changes(): readonly FileChange[] {
    return [...this.#changed.map((file) => file.change), ...this.#deleted.map((path) => ({ path, text: null }))];
  }

  find(path: string): OpenFile | undefined {
    return this.#all.find((file) => file.path === path);
  }

  /** Shows a file, at a line if one is named; unless another file or draft has been asked for before it is there. */
  async open(path: string, line?: number, column = 1): Promise<Result<void>> {
    const asked = ++this.#asked;
    if (!this.find(path)) {
      const text = await this.#port.read(path);
      if (!text.ok) return text;
      if (asked !== this.#asked) return success(undefined);
      if (!this.find(path)) this.#all = [...this.#all, new OpenFile(path, text.value)];
    }
    if (!this.#tabs.includes(path)) this.#tabs = [...this.#tabs, path];
    const shown = this.active;
    this.#at = path;
    const file = this.find(path);
    if (file) this.#goal = { path, line: line ?? (this.#wasSeen(file, shown) ? undefined : file.line), column };
    return success(undefined);
  }

  /** Takes a file's tab away. A changed file stays in the draft. */
  close(path: string): void {
    const at = this.#tabs.indexOf(path);
    this.#tabs = this.#tabs.filter((other) => other !== path);
    if (!this.find(path)?.changed) this.#all = this.#all.filter((file) => file.path !== path);
    if (this.#at === path) this.#at = this.#tabs[Math.min(at, this.#tabs.length - 1)];
  }

  /** Gives a file its original text back, in a step that can be undone in the editor. */
  revert(file: OpenFile): void {
    if (file.original === undefined || file.renamedFrom !== undefined) {
      this.#all = this.#all.filter((other) => other !== file);
      this.close(file.path);
      this.#altered();
    } else {
      this.dispatch(file, { changes: { from: 0, to: file.state.doc.length, insert: file.original } });
    }
  }

  /** Another draft's files. */
  load(files: readonly OpenFile[], deleted: readonly string[], tabs: readonly string[], at: string | undefined): void {
    this.#asked += 1;
    this.#all = files;
    this.#deleted = deleted;
    this.#tabs = tabs.filter((path) => this.find(path));
    this.#at = at !== undefined && this.#tabs.includes(at) ? at : this.#tabs[0];
    this.#revision += 1;
    const file = this.active;
    if (file) this.#goal = { path: file.path, line: file.line, column: 1 };
  }

  /** The editor that shows the active file. */
  attach(view: EditorView): void {
    this.#view = view;
  }

  /** The editor is gone. */
  detach(view: EditorView): void {
    if (this.#view === view) this.#view = undefined;
  }

  /** Puts a file into the editor, as it was left. */
  enter(file: OpenFile): void {
    this.#view?.setState(file.state);
    const scroll = this.#scrolls.get(file);
    if (scroll) this.#view?.dispatch({ effects: scroll });
  }

  /** Notes where a file is left. */
  leave(file: OpenFile): void {
    if (this.#view) this.#scrolls.set(file, this.#view.scrollSnapshot());
  }

  /** What the editor says of the file in it. */
  took(file: OpenFile, view: EditorView): void {
    file.line = view.state.doc.lineAt(view.state.selection.main.head).number;
    if (file.take(view.state)) this.#altered();
  }

  /** Changes a file, in the editor if it is there. */
  dispatch(file: OpenFile, change: TransactionSpec): void {
    if (this.#view && file === this.active) this.#view.dispatch(change);
    else if (file.take(file.state.update(change).state)) this.#altered();
  }

  #wasSeen(file: OpenFile, shown: OpenFile | undefined): boolean {
    return this.#scrolls.has(file) || (this.#view !== undefined && file === shown);
  }

  #altered(): void {
    this.#revision += 1;
    this.#onChange();
  }
}
