import * as v from 'valibot';
import { failure, success, type Result } from '../failure.ts';
import { REFETCH } from './file-source.ts';

/** Parses JSON and checks it; the failure's code is given, its `where` is the document and the place in it. */
export function parseJson<S extends v.GenericSchema>(
  schema: S,
  json: string,
  where: string,
  code: string,
): Result<v.InferOutput<S>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return failure(code, 'The file is not JSON.', { where, found, hint: REFETCH });
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return success(parsed.output);
  const issue = parsed.issues[0];
  return failure(code, `The value of ${v.getDotPath(issue) ?? 'the document'} is wrong.`, {
    where,
    expected: issue.expected ?? undefined,
    found: issue.received.slice(0, 200),
    hint: REFETCH,
  });
}

const PATH_LIMIT = 255;

/** True for a path below the kernel tree: relative, without `.`, `..` or empty parts. */
export function isTreePath(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > PATH_LIMIT) return false;
  return TREE_PATH.test(value);
}

/** No part begins with a dot followed by nothing or a second dot alone. */
const TREE_PATH = /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9_+.,@=~-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_+.,@=~-]+)*$/;

/** Schema of a path below the kernel tree. */
export const treePath = v.custom<string>(isTreePath, 'a path in the kernel tree');
/** Schema of a whole number from 0. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Schema of a SHA-256 in lower-case hex. */
export const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Schema of a list of at most `limit` whole numbers from 0. Half a million of them are checked in one look, not one schema each. */
export function numbers(limit: number) {
  return v.custom<readonly number[]>(
    (value) => Array.isArray(value) && value.length <= limit && value.every((item) => Number.isInteger(item) && item >= 0),
    `at most ${limit} whole numbers from 0`,
  );
}
