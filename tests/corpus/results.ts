import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../../tools/dev/paths.mjs';
import { patchOf, type Fix } from './corpus.ts';
import type { Outcome } from './run.ts';

const FILE = join(ROOT, 'test-results/corpus.json');

const count = v.optional(v.number());
const milliseconds = v.optional(v.number());
const result = v.object({
  /** Of the fix and its patch, as they were. */
  key: v.string(),
  date: v.string(),
  outcome: v.string(),
  problems: v.array(v.string()),
  units: count,
  changedUnits: count,
  functions: v.optional(v.array(v.string()), []),
  buildMilliseconds: v.number(),
  applyMilliseconds: milliseconds,
  undoMilliseconds: milliseconds,
  stopMicroseconds: milliseconds,
});

/** What became of a fix when it was last run. */
export type Result = v.InferOutput<typeof result>;

/** The last results of the fixes that are still as they were then, by id. Without such a file, none. */
export function readResults(fixes: readonly Fix[]): Map<string, Result> {
  let text: string;
  try {
    text = readFileSync(FILE, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  const all = v.parse(v.record(v.string(), result), JSON.parse(text));
  return new Map(
    fixes.flatMap((fix) => {
      const found = all[fix.id];
      return found?.key === keyOf(fix) ? [[fix.id, found] as const] : [];
    }),
  );
}

/** Keeps a result, beside those of other fixes. */
export function keepResult(fixes: readonly Fix[], { fix, built, ...rest }: Outcome): void {
  const { units, changedUnits, functions } = built ?? { functions: [] };
  const date = new Date().toISOString().slice(0, 10);
  const kept: Result = {
    key: keyOf(fix),
    date,
    ...rest,
    units,
    changedUnits,
    functions: [...functions],
    problems: [...rest.problems],
  };
  mkdirSync(join(ROOT, 'test-results'), { recursive: true });
  writeFileSync(FILE, JSON.stringify({ ...Object.fromEntries(readResults(fixes)), [fix.id]: kept }, null, 1));
}

function keyOf(fix: Fix): string {
  const whole = JSON.stringify(fix, (_, value: unknown) => (value instanceof RegExp ? value.source : value));
  return createHash('sha256').update(whole).update(patchOf(fix.id)).digest('hex');
}
