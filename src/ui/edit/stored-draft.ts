import * as v from 'valibot';
import { crc32 } from '../../engine/crc32.ts';
import { isKernelPath } from '../view/address.ts';

const MAX_TEXT = 4 * 1024 * 1024;
const MAX_FILES = 500;

const path = v.pipe(v.string(), v.check(isKernelPath, 'no path of the kernel tree'));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));

const storedFile = v.variant('kind', [
  /** `drop` characters of the original from `at` on are replaced by `insert`; `length` and `crc` say which original that is. */
  v.strictObject({ kind: v.literal('edited'), path, length: count, crc: count, at: count, drop: count, insert: text }),
  v.strictObject({ kind: v.literal('new'), path, text, renamedFrom: v.optional(path) }),
  v.strictObject({ kind: v.literal('deleted'), path }),
]);

const storedDraft = v.strictObject({
  format: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
  /** What a person called it; nothing until then. */
  name: v.optional(v.pipe(v.string(), v.maxLength(80))),
  /** `lesson:3` or `link:<crc>`: what it was opened from. */
  origin: v.optional(v.pipe(v.string(), v.maxLength(40))),
  /** Nobody has changed anything since it was opened from there. */
  pristine: v.boolean(),
  created: count,
  updated: count,
  files: v.pipe(v.array(storedFile), v.maxLength(MAX_FILES)),
  /** The same as a patch: for the day on which the sources are others. */
  patch: text,
  tabs: v.pipe(v.array(v.strictObject({ path, line: count })), v.maxLength(MAX_FILES)),
  active: v.optional(path),
  /** A command to be run before and after. */
  command: v.pipe(v.string(), v.maxLength(2000)),
  user: v.picklist(['root', 'student']),
});

/** What a draft is, without what is in it. */
export interface DraftHead {
  readonly id: string;
  readonly name?: string | undefined;
  readonly origin?: string | undefined;
  readonly pristine: boolean;
  readonly created: number;
  /** To be run before and after. */
  readonly command: string;
  readonly user: 'root' | 'student';
}

/** A draft as the browser keeps it. */
export type StoredDraft = v.InferOutput<typeof storedDraft>;
export type StoredFile = v.InferOutput<typeof storedFile>;

/** The head of a stored draft. */
export function headOf({ id, name, origin, pristine, created, command, user }: StoredDraft): DraftHead {
  return { id, name, origin, pristine, created, command, user };
}

/** Reads a draft; nothing if it is none of this version's. */
export function parseDraft(json: string): StoredDraft | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = v.safeParse(storedDraft, value);
  return parsed.success ? parsed.output : undefined;
}

/** Whether `parseDraft` reads it when it has been written. */
export function isDraft(draft: StoredDraft): boolean {
  return v.is(storedDraft, draft);
}

/** Whether two versions of a draft hold the same work, whatever is open in them. */
export function sameWork(a: StoredDraft, b: StoredDraft | undefined): boolean {
  const work = ({ name, command, user, files }: StoredDraft) => JSON.stringify([name, command, user, files]);
  return b !== undefined && work(a) === work(b);
}

/** The difference between two texts as one replacement: drafts are kept at every keystroke, so they must be small. */
export function storeEdit(path: string, original: string, edited: string): StoredFile {
  const limit = Math.min(original.length, edited.length);
  let at = 0;
  while (at < limit && original.charCodeAt(at) === edited.charCodeAt(at)) at++;
  let tail = 0;
  while (tail < limit - at && original.charCodeAt(original.length - 1 - tail) === edited.charCodeAt(edited.length - 1 - tail))
    tail++;
  return {
    kind: 'edited',
    path,
    length: original.length,
    crc: checksum(original),
    at,
    drop: original.length - tail - at,
    insert: edited.slice(at, edited.length - tail),
  };
}

/** The edited text; nothing if the original is not the one the draft was made from. */
export function restoreEdit(stored: StoredFile & { kind: 'edited' }, original: string): string | undefined {
  if (stored.length !== original.length || stored.crc !== checksum(original)) return undefined;
  if (stored.at + stored.drop > original.length) return undefined;
  return original.slice(0, stored.at) + stored.insert + original.slice(stored.at + stored.drop);
}

function checksum(text: string): number {
  return crc32(new TextEncoder().encode(text));
}
