import { keysOf, read, remove, write } from '../state/storage.ts';
import { isDraft, parseDraft, sameWork, type StoredDraft } from './stored-draft.ts';

const PREFIX = 'hotsplice.draft.';
const LAST = 'hotsplice.last-draft';

/** The drafts that this browser keeps, latest first. */
export class Drafts {
  #all = $state.raw<readonly StoredDraft[]>(load());
  /** The last one could not be kept: the browser's storage is full or closed, or the draft could not be read again. */
  #refused = $state.raw(false);
  #elsewhere = $state.raw<string | undefined>(undefined);

  constructor() {
    addEventListener('storage', (event) => this.#heard(event));
  }

  get all(): readonly StoredDraft[] {
    return this.#all;
  }

  get refused(): boolean {
    return this.#refused;
  }

  /** The one that was open when the page was left. */
  get last(): StoredDraft | undefined {
    const id = read(LAST);
    return this.#all.find((draft) => draft.id === id);
  }

  /** Id of the draft into which another tab has written other text last. */
  get elsewhere(): string | undefined {
    return this.#elsewhere;
  }

  forgetElsewhere(): void {
    this.#elsewhere = undefined;
  }

  keep(draft: StoredDraft): void {
    this.#refused = !isDraft(draft) || !write(PREFIX + draft.id, JSON.stringify(draft));
    write(LAST, draft.id);
    this.#all = latestFirst([draft, ...this.#all.filter(({ id }) => id !== draft.id)]);
  }

  delete(id: string): void {
    remove(PREFIX + id);
    this.#all = this.#all.filter((draft) => draft.id !== id);
  }

  /** No draft is open: the next visit begins with an empty one. */
  forgetLast(): void {
    remove(LAST);
  }

  /** Another tab has kept or deleted a draft. */
  #heard({ key, oldValue, newValue }: StorageEvent): void {
    if (!key?.startsWith(PREFIX)) return;
    const draft = parseDraft(newValue ?? '');
    const id = key.slice(PREFIX.length);
    this.#all = latestFirst([...(draft ? [draft] : []), ...this.#all.filter((other) => other.id !== id)]);
    if (draft && !sameWork(draft, parseDraft(oldValue ?? ''))) this.#elsewhere = id;
  }
}

function load(): readonly StoredDraft[] {
  return latestFirst(keysOf(PREFIX).flatMap((key) => parseDraft(read(key) ?? '') ?? []));
}

function latestFirst(drafts: readonly StoredDraft[]): readonly StoredDraft[] {
  return drafts.toSorted((a, b) => b.updated - a.updated);
}

/** What a draft is called: by a person, or after the files it changes. */
export function draftName(name: string | undefined, files: readonly { readonly path: string }[]): string {
  if (name) return name;
  const [first, ...others] = files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  if (!first) return 'New draft';
  return others.length === 0 ? `Edit of ${first}` : `Edit of ${first} and ${others.length} more`;
}

/** What a stored draft is called. */
export function nameOf({ name, files }: StoredDraft): string {
  return draftName(name, files);
}

/** An id that no other draft has, in this tab or another. */
export function newDraftId(): string {
  return `${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? ''}`;
}
