import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../../../tools/dev/paths.mjs';

const FOLDER = join(ROOT, 'tests/corpus/files');

const path = v.pipe(v.string(), v.regex(/^(?:[\w.-]+\/)+[\w.-]+\.[ch]$/));
const name = v.pipe(v.string(), v.regex(/^[A-Za-z_][\w.]*$/));
const code = v.pipe(v.string(), v.regex(/^[a-z]+(?:_[a-z]+)*$/));
const text = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(400));

/** What somebody who read the patch and both objects says the answer has to be. */
const changedFile = v.strictObject({
  file: path,
  /** Headers without whose change the file does not compile. */
  headers: v.optional(v.array(path), []),
  /** `identical`: the compiler makes the same object of both. */
  verdict: v.picklist(['identical', 'unchanged', 'changed', 'refused'] as const),
  /** Functions that have to be replaced, all of them. */
  functions: v.optional(v.array(name), []),
  /** Functions that are new. */
  added: v.optional(v.array(name), []),
  /** Functions that are no longer there. */
  removed: v.optional(v.array(name), []),
  /** Codes of the refusals. */
  refusals: v.optional(v.array(code), []),
  /** `made`, or why there is none: the code with which making it is refused. */
  update: v.union([v.literal('made'), code]),
  /** Codes of the refusals of the reversed change; without it, that is answered as the change itself. */
  reversed: v.optional(v.array(code)),
  /** What the patch does to the object, and why the answer is right. */
  note: text,
  /** Part of `npm test`. */
  sample: v.optional(v.boolean(), false),
});

const corpus = v.strictObject({
  kernel: v.string(),
  before: v.string(),
  after: v.string(),
  files: v.pipe(
    v.array(changedFile),
    v.check((files) => new Set(files.map(({ file }) => file)).size === files.length, 'a file is there twice'),
  ),
});

export type ChangedFile = v.InferOutput<typeof changedFile>;
export type FileCorpus = v.InferOutput<typeof corpus>;

/** The changed files of `files.json`, in its order. What does not fit the schema is an exception that names the place. */
export function readFileCorpus(): FileCorpus {
  return v.parse(corpus, JSON.parse(readFileSync(join(FOLDER, 'files.json'), 'utf8')));
}

/** What the newer package changes in a file, and in the headers it needs. */
export function filePatch({ file }: ChangedFile): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, `patches/${file}.patch`)));
}
