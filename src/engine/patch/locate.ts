import type { Hunk } from './patch.ts';

/** How many lines of context a hunk may lose at each end to find its place; patch(1) has the same. */
const MAX_FUZZ = 2;

/** The lines of a file, and which there are. */
export class FileLines {
  readonly lines: readonly string[];
  readonly #known: ReadonlySet<string>;

  constructor(lines: readonly string[]) {
    this.lines = lines;
    this.#known = new Set(lines);
  }

  /** False if the file cannot have these lines: then nobody needs to look where. */
  mayHave(wanted: readonly string[]): boolean {
    return wanted.every((line) => this.#known.has(line));
  }
}

/** Where a hunk goes. */
export interface Place {
  /** Index of the first line that the hunk's old side stands for, without the context that was dropped. */
  readonly start: number;
  readonly fuzz: number;
  /** Lines of context dropped at the beginning and at the end. */
  readonly dropped: readonly [number, number];
}

/** The two sides of a hunk and its context. */
export interface Sides {
  readonly old: readonly string[];
  readonly new: readonly string[];
  /** Lines of context before the first and behind the last change. */
  readonly leading: number;
  readonly trailing: number;
  /** Index of the first old line as the hunk says it. */
  readonly start: number;
}

/** The sides of a hunk; `reversed` swaps them. */
export function sidesOf(hunk: Hunk, reversed = false): Sides {
  const side = (leave: string) => hunk.lines.filter((line) => line.kind !== leave).map((line) => line.text);
  const changed = hunk.lines.map((line) => line.kind !== ' ');
  const first = changed.indexOf(true);
  const sides = { old: side('+'), new: side('-') };
  const [count, start] = reversed ? [hunk.newCount, hunk.newStart] : [hunk.oldCount, hunk.oldStart];
  return {
    ...(reversed ? { old: sides.new, new: sides.old } : sides),
    leading: first < 0 ? hunk.lines.length : first,
    trailing: first < 0 ? 0 : changed.length - 1 - changed.lastIndexOf(true),
    // A side without lines names the line before it.
    start: count === 0 ? start : Math.max(0, start - 1),
  };
}

/**
 * The place of a hunk's old side in a file nearest to `expected`, not before `lowest`. A hunk that begins with the first line, or
 * has context on one side only, belongs to that end of the file.
 */
export function locateExactly(file: FileLines, sides: Sides, expected: number, lowest: number): Place | undefined {
  const { old, leading, trailing } = sides;
  const last = file.lines.length - old.length;
  const from = leading > 0 && trailing === 0 ? Math.max(lowest, last) : lowest;
  const to = leading < trailing && sides.start === 0 ? 0 : last;
  const found = find(file, old, expected, from, to);
  return found && { start: found.at, fuzz: 0, dropped: [0, 0] };
}

/**
 * The same with one line of context dropped at the longer end, or two. Elsewhere than at `expected` the place must be the only
 * one: with less context to tell them apart, the nearest of several may be the wrong function.
 */
export function locateWithFuzz(file: FileLines, sides: Sides, expected: number, lowest: number): Place | undefined {
  const { old, leading, trailing } = sides;
  const context = Math.max(leading, trailing);
  for (let fuzz = 1; fuzz <= Math.min(MAX_FUZZ, context); fuzz++) {
    const dropped = [Math.max(0, fuzz + leading - context), Math.max(0, fuzz + trailing - context)] as const;
    const rest = old.slice(dropped[0], old.length - dropped[1]);
    if (!rest.some((line) => /\w/.test(line))) return undefined;
    const found = find(file, rest, expected + dropped[0], lowest + dropped[0], file.lines.length - rest.length);
    if (found && (found.only || found.at === expected + dropped[0])) return { start: found.at, fuzz, dropped };
  }
  return undefined;
}

/** The occurrence of `wanted` between `from` and `to` nearest to `expected` (the later of two); Knuth, Morris and Pratt's search. */
function find(
  file: FileLines,
  wanted: readonly string[],
  expected: number,
  from: number,
  to: number,
): { readonly at: number; readonly only: boolean } | undefined {
  const { lines } = file;
  const matches = (at: number) => wanted.every((line, i) => lines[at + i] === line);
  if (expected >= from && expected <= to && matches(expected)) return { at: expected, only: false };
  // Without lines to look for, one place is as good as another.
  if (wanted.length === 0 || !file.mayHave(wanted)) return undefined;
  const next = borders(wanted);
  let best: number | undefined;
  let count = 0;
  let matched = 0;
  for (let i = Math.max(0, from); i < Math.min(lines.length, to + wanted.length); i++) {
    while (matched > 0 && lines[i] !== wanted[matched]) matched = next[matched - 1] ?? 0;
    if (lines[i] === wanted[matched]) matched++;
    if (matched < wanted.length) continue;
    const at = i - wanted.length + 1;
    matched = next[matched - 1] ?? 0;
    count++;
    if (best === undefined || Math.abs(at - expected) <= Math.abs(best - expected)) best = at;
  }
  return best === undefined ? undefined : { at: best, only: count === 1 };
}

/** For each beginning of `wanted`: how long the longest shorter beginning is that it ends with. */
function borders(wanted: readonly string[]): number[] {
  const next = [0];
  let length = 0;
  for (let i = 1; i < wanted.length; i++) {
    while (length > 0 && wanted[i] !== wanted[length]) length = next[length - 1] ?? 0;
    if (wanted[i] === wanted[length]) length++;
    next.push(length);
  }
  return next;
}
