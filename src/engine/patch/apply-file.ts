import { splitLines } from './lines.ts';
import { FileLines, locateExactly, locateWithFuzz, sidesOf, type Place } from './locate.ts';
import { SimilarPlaces, type NearestPlace } from './nearest.ts';
import type { Hunk } from './patch.ts';

/** What had to be done to make a hunk fit. */
export interface Fit {
  /** Of its file, from 1. */
  readonly hunk: number;
  /** How many lines further down (negative: up) than the hunk says. */
  readonly offset: number;
  /** How many lines of context were dropped. */
  readonly fuzz: number;
  /** True if patch and file have different line ends; those of the file were kept. */
  readonly lineEnds: boolean;
}

/** A hunk that cannot be applied. */
export interface Misfit {
  readonly hunk: number;
  /** True if the file has the lines that the hunk would put in. */
  readonly applied: boolean;
  /** Where the hunk should be, from 1. */
  readonly line: number;
  readonly patchLine: number;
  readonly expected: readonly string[];
  readonly found: readonly string[];
  readonly nearest?: NearestPlace | undefined;
}

export interface PatchedText {
  readonly text: string;
  readonly fits: readonly Fit[];
  readonly misfits: readonly Misfit[];
}

/** Applies the hunks of one file. Without misfits, `text` is the result. */
export function applyHunks(text: string, hunks: readonly Hunk[]): PatchedText {
  const lines = splitLines(text);
  const result = place(lines, hunks, false);
  if (result.fits.length === hunks.length) return result;
  const converted = adaptLineEnds(lines, hunks);
  if (!converted) return result;
  const again = place(lines, converted, true);
  const failed = (patched: PatchedText) => patched.misfits.filter((misfit) => !misfit.applied).length;
  return again.fits.length > result.fits.length || failed(again) < failed(result) ? again : result;
}

function place(lines: readonly string[], hunks: readonly Hunk[], lineEnds: boolean): PatchedText {
  const file = new FileLines(lines);
  const out: string[] = [];
  const fits: Fit[] = [];
  const misfits: Misfit[] = [];
  let failed = false;
  let done = 0;
  let offset = 0;
  const numbered = hunks.map((hunk, i) => ({ hunk, number: i + 1 })).sort((a, b) => a.hunk.oldStart - b.hunk.oldStart);
  for (const { hunk, number } of numbered) {
    const sides = sidesOf(hunk);
    const expected = sides.start + offset;
    const exact = locateExactly(file, sides, expected, done);
    // Where a file repeats itself, a change that is in already would fit a second time further on: the nearer one counts.
    const distance = exact ? Math.abs(exact.start - expected) : Infinity;
    const applied = distance > 0 ? locateApplied(file, hunk, fits.length > 0 ? expected : undefined, distance) : undefined;
    const found = applied ? undefined : (exact ?? locateWithFuzz(file, sides, expected, done));
    if (!found) {
      const start = Math.max(0, applied?.start ?? expected);
      misfits.push({
        hunk: number,
        applied: applied !== undefined,
        line: start + 1,
        patchLine: hunk.line,
        expected: sides.old,
        found: lines.slice(start, start + (applied ? sides.new : sides.old).length),
        // Only the first is shown.
        nearest: applied || failed ? undefined : new SimilarPlaces(lines).nearest(sides.old, expected, hunk.section),
      });
      failed ||= !applied;
      continue;
    }
    const [head, tail] = found.dropped;
    for (let i = done; i < found.start; i++) out.push(lines[i] ?? '');
    for (const line of sides.new.slice(head, sides.new.length - tail)) out.push(line);
    done = found.start + sides.old.length - head - tail;
    offset = found.start - head - sides.start;
    fits.push({ hunk: number, offset, fuzz: found.fuzz, lineEnds });
  }
  for (let i = done; i < lines.length; i++) out.push(lines[i] ?? '');
  return { text: out.join(''), fits, misfits };
}

/** Where the file has what the hunk would put in, without fuzz, nearer than `distance` to where it should be. */
function locateApplied(file: FileLines, hunk: Hunk, expected: number | undefined, distance: number): Place | undefined {
  const sides = sidesOf(hunk, true);
  if (!sides.old.some((line) => /\w/.test(line))) return undefined;
  // If every hunk so far was in already, the file's lines are numbered as after the change.
  const start = expected ?? sides.start;
  const found = locateExactly(file, sides, start, 0);
  return found && Math.abs(found.start - start) < distance ? found : undefined;
}

/** The hunks with the file's line ends, if the file has mostly others than the hunks expect. */
function adaptLineEnds(lines: readonly string[], hunks: readonly Hunk[]): readonly Hunk[] | undefined {
  const file = hasCarriageReturns(lines);
  const patch = hasCarriageReturns(
    hunks.flatMap((hunk) => hunk.lines.filter((line) => line.kind !== '+').map((line) => line.text)),
  );
  if (file === patch) return undefined;
  const adapt = (text: string) => (file ? text.replace(/\r?\n$/, '\r\n') : text.replace(/\r\n$/, '\n'));
  return hunks.map((hunk) => ({ ...hunk, lines: hunk.lines.map((line) => ({ ...line, text: adapt(line.text) })) }));
}

function hasCarriageReturns(lines: readonly string[]): boolean {
  return lines.filter((line) => line.endsWith('\r\n')).length * 2 > lines.length;
}
