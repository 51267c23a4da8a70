import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../../tools/dev/paths.mjs';

const FOLDER = join(ROOT, 'tests/corpus');

const text = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(300));
const name = v.pipe(v.string(), v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/), v.maxLength(31));
const symbol = v.pipe(v.string(), v.regex(/^[A-Za-z_][\w.]*$/));
const expression = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.transform((source) => new RegExp(source, 'm')),
);
const expectation = v.strictObject({
  status: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
  stdout: expression,
});

/** One fix of the corpus. */
const fix = v.strictObject({
  /** Also the name of its patch in `patches/`. */
  id: name,
  title: text,
  subsystem: text,
  /** `applied`, or the code with which it has to be refused, and why that is right. */
  expects: v.union([
    v.literal('applied'),
    v.strictObject({ refused: v.pipe(v.string(), v.regex(/^[a-z]+(?:_[a-z]+)*$/)), because: text }),
  ]),
  /** The functions the update has to replace, all of them. */
  functions: v.optional(v.array(symbol)),
  /** What can be seen of it. Without `after` nothing may look different: the new code has to do the same work. */
  check: v.optional(
    v.strictObject({
      command: v.pipe(v.string(), v.nonEmpty(), v.maxLength(1000)),
      user: v.picklist(['root', 'student']),
      programs: v.array(name),
      before: expectation,
      after: v.optional(expectation),
    }),
  ),
  /** Part of `npm test`; the others are left to `npm run test:corpus`. */
  sample: v.optional(v.boolean(), false),
});

const corpus = v.strictObject({
  kernel: v.string(),
  patches: v.pipe(
    v.array(fix),
    v.check((fixes) => new Set(fixes.map(({ id }) => id)).size === fixes.length, 'an id is there twice'),
  ),
});

export type Fix = v.InferOutput<typeof fix>;
export type Expectation = v.InferOutput<typeof expectation>;

/** The fixes of `corpus.json`, in its order. A file that does not fit the schema is an exception that names the place. */
export function readCorpus(): { readonly kernel: string; readonly fixes: readonly Fix[] } {
  const { kernel, patches } = v.parse(corpus, JSON.parse(readFileSync(join(FOLDER, 'corpus.json'), 'utf8')));
  return { kernel, fixes: patches };
}

/** The patch of a fix, as git would show it. */
export function patchOf(id: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, `patches/${id}.patch`)));
}

/** A program of the checks, built for the guest. */
export function programBytes(program: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, `programs/bin/${program}`)));
}
