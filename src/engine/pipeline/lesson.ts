import * as v from 'valibot';
import { failure, success, type Result } from '../failure.ts';

const MAX_JSON = 64 * 1024;
const MAX_TEXT = 256 * 1024;

/** A path inside the lesson's folder: relative, no `.` or `..`, no odd characters. */
const path = v.pipe(v.string(), v.maxLength(200), v.regex(/^(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.+-]*$/));
const guestPath = v.pipe(v.string(), v.maxLength(200), v.regex(/^(?:\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)+$/));
const id = v.pipe(v.string(), v.maxLength(31), v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/));
const sentence = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(300));
const title = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(80));
const expression = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1000), v.check(compiles, 'not a regular expression'));

const expectation = v.pipe(
  v.strictObject({
    status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
    stdout: v.optional(expression),
  }),
  v.check((value) => value.status !== undefined || value.stdout !== undefined, 'it expects nothing'),
);

const lesson = v.strictObject({
  id,
  number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99)),
  title,
  summary: sentence,
  kernel: v.pipe(v.string(), v.maxLength(80), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)),
  expects: v.union([v.literal('applied'), v.strictObject({ refused: v.pipe(v.string(), v.regex(/^[a-z]+(?:_[a-z]+)*$/)) })]),
  patch: path,
  programs: v.pipe(
    v.array(
      v.strictObject({
        file: path,
        guestPath,
        mode: v.pipe(
          v.string(),
          v.regex(/^[0-7]{3,4}$/),
          v.transform((digits) => parseInt(digits, 8)),
        ),
      }),
    ),
    v.maxLength(16),
  ),
  check: v.strictObject({
    title,
    command: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2000)),
    user: v.picklist(['root', 'student']),
    timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(600_000)), 30_000),
    before: expectation,
    after: expectation,
  }),
});

/** A lesson as its `lesson.json` describes it. `docs/writing-a-lesson.md` explains every field. */
export type Lesson = v.InferOutput<typeof lesson>;

/** What a check must give: an exit status, a regular expression (flag `m`) that its stdout matches, or both. */
export type Expectation = Lesson['check']['before'];

/** One step of a lesson's text, still markdown. */
export interface LessonText {
  readonly title: string;
  readonly markdown: string;
}

/** Checks a `lesson.json`; `where` names the file in a failure (`bad_lesson`). */
export function parseLesson(bytes: Uint8Array, where: string): Result<Lesson> {
  const json = parseJson(bytes, where);
  if (!json.ok) return json;
  const result = v.safeParse(lesson, json.value);
  if (result.success) return success(result.output);
  const issue = result.issues[0];
  return failure('bad_lesson', `The value of ${v.getDotPath(issue) ?? 'the document'} is wrong.`, {
    where,
    expected: issue.expected ?? issue.message,
    found: issue.received.slice(0, 200),
    hint: HINT,
  });
}

/** Splits a `text.md` into its steps: each begins with a `## ` heading. A failure (`bad_lesson`) if there is none. */
export function parseLessonText(text: string, where: string): Result<readonly LessonText[]> {
  if (text.length > MAX_TEXT)
    return failure('bad_lesson', 'The text is too long.', { where, expected: `${MAX_TEXT} characters` });
  const steps = text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const heading = end < 0 ? part : part.slice(0, end);
      return { title: heading.trim(), markdown: end < 0 ? '' : part.slice(end + 1).trim() };
    });
  const empty = steps.find((step) => step.title === '' || step.markdown === '');
  if (steps.length === 0)
    return failure('bad_lesson', 'The text has no step.', { where, expected: 'a line that begins with “## ”', hint: HINT });
  if (empty) return failure('bad_lesson', `The step “${empty.title}” is empty.`, { where, hint: HINT });
  return success(steps);
}

/** The id of the update that a lesson's patch is made into (the core allows no hyphen). */
export function lessonUpdateId(lessonId: string): string {
  return lessonId.replaceAll('-', '_');
}

/** Whether a run of the check gave what the lesson says. */
export function meets(expected: Expectation, found: { readonly status: number; readonly stdout: string }): boolean {
  if (expected.status !== undefined && expected.status !== found.status) return false;
  return expected.stdout === undefined || new RegExp(expected.stdout, 'm').test(found.stdout);
}

const HINT = 'docs/writing-a-lesson.md describes the format.';

function parseJson(bytes: Uint8Array, where: string): Result<unknown> {
  if (bytes.length > MAX_JSON) {
    return failure('bad_lesson', 'The file is too large.', {
      where,
      expected: `at most ${MAX_JSON} bytes`,
      found: `${bytes.length} bytes`,
    });
  }
  try {
    return success(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    return failure('bad_lesson', 'The file is not JSON.', {
      where,
      found: error instanceof Error ? error.message : String(error),
      hint: HINT,
    });
  }
}

function compiles(source: string): boolean {
  try {
    new RegExp(source, 'm');
    return true;
  } catch {
    return false;
  }
}
