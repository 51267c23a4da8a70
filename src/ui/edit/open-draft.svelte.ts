import type { DraftFiles } from './draft-files.svelte.ts';
import { draftName, newDraftId, type Drafts } from './drafts.svelte.ts';
import type { LiveChange } from './live-change.svelte.ts';
import type { DraftHead } from './stored-draft.ts';

/** A pause before a draft is written down. */
const KEEP_MS = 400;
const MAX_NAME = 80;

/** The draft on the desk: what it is, and when it is written down. */
export class OpenDraft {
  #drafts: Drafts;
  #files: DraftFiles;
  #live: LiveChange;
  #head = $state.raw<DraftHead>(newHead());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(drafts: Drafts, files: DraftFiles, live: LiveChange) {
    this.#drafts = drafts;
    this.#files = files;
    this.#live = live;
    addEventListener('pagehide', () => this.keep());
  }

  get head(): DraftHead {
    return this.#head;
  }

  get name(): string {
    return draftName(this.#head.name, this.#files.changes);
  }

  /** Another tab has written other text into this draft. The two go separate ways once something is changed here. */
  get elsewhere(): boolean {
    return this.#drafts.elsewhere === this.#head.id;
  }

  /** Another draft is on the desk; a new one if nothing is said of it. */
  begin(head: Partial<DraftHead> = {}): void {
    this.#settle();
    this.#drafts.forgetElsewhere();
    this.#head = { ...newHead(), ...head };
  }

  rename(name: string): void {
    this.#change({ name: name.trim().slice(0, MAX_NAME) || undefined });
  }

  /** The command that is run before and after. */
  setCommand(command: string, user: 'root' | 'student'): void {
    this.#change({ command, user });
  }

  /** Somebody has changed the text. */
  edited(): void {
    if (this.#head.pristine) this.#head = { ...this.#head, pristine: false };
    this.keepSoon();
  }

  keepSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), KEEP_MS);
  }

  /** Writes the draft down now; not if another tab has written it since, and nothing has been changed here. */
  keep(): void {
    const waits = this.#timer !== undefined;
    this.#settle();
    if (waits || !this.elsewhere) this.#write();
  }

  /** Makes room for another: the draft is kept, unless there is nothing in it but open files. */
  leave(): void {
    const empty = this.#files.changes.length === 0 && this.#head.name === undefined;
    if (!empty || this.elsewhere) return this.keep();
    this.#settle();
    this.#drafts.delete(this.#head.id);
  }

  #change(part: Partial<DraftHead>): void {
    this.#head = { ...this.#head, ...part };
    this.#settle();
    this.#write();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One without changes and without a name is not worth keeping. */
  #write(): void {
    const { tabs, active, changed, deleted } = this.#files;
    const files = [...changed.map((file) => file.stored), ...deleted.map((path) => ({ kind: 'deleted' as const, path }))];
    const known = this.#drafts.all.some(({ id }) => id === this.#head.id);
    if (files.length === 0 && !known && this.#head.name === undefined && tabs.length === 0) return;
    // Neither tab's text may take the place of the other's.
    if (this.elsewhere) this.#head = { ...this.#head, id: newDraftId(), name: `${this.name.slice(0, MAX_NAME - 7)} (copy)` };
    this.#drafts.keep({
      ...this.#head,
      format: 1,
      updated: Date.now(),
      files,
      patch: this.#live.patch.ok ? this.#live.patch.value : '',
      tabs: tabs.map(({ path, line }) => ({ path, line })),
      active: active?.path,
    });
  }
}

function newHead(): DraftHead {
  return { id: newDraftId(), pristine: false, created: Date.now(), command: '', user: 'root' };
}
