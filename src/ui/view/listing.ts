import type { DifferenceKind, QuietKind, Row } from '../../engine/why/why.ts';

/** Rows of a listing as they are shown: a row, or a run of equal ones that is folded away. */
export type ListingItem =
  | { readonly kind: 'row'; readonly row: Row; readonly index: number }
  | { readonly kind: 'fold'; readonly from: number; readonly count: number };

/** Equal rows kept on either side of a difference. */
const CONTEXT = 3;
/** A shorter run is shown: its fold would take as much room. */
const LEAST_FOLDED = 2;

/** Folds runs of equal rows that are far from a difference, but for those whose first row is in `opened`. */
export function foldRows(rows: readonly Row[], opened: ReadonlySet<number>): readonly ListingItem[] {
  const near = rows.map(() => false);
  rows.forEach(({ differences }, index) => {
    if (differences.length > 0) near.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const items: ListingItem[] = [];
  const show = (from: number, to: number): void => {
    rows.slice(from, to).forEach((row, k) => items.push({ kind: 'row', row, index: from + k }));
  };
  for (let at = 0; at < rows.length;) {
    let end = at;
    while (end < rows.length && near[end] === near[at]) end++;
    if (near[at] || end - at < LEAST_FOLDED || opened.has(at)) show(at, end);
    else items.push({ kind: 'fold', from: at, count: end - at });
    at = end;
  }
  return items;
}

/** What a row is, for its looks: `quiet` rows differ in nothing that the function does. */
export type RowLook = 'same' | 'changed' | 'removed' | 'added' | 'quiet';

const QUIET: Record<QuietKind, true> = { distance: true, encoding: true, moved: true, line: true, padding: true };

export function lookOf({ pre, post, differences }: Row): RowLook {
  if (differences.length === 0) return 'same';
  if (differences.every(({ kind }) => kind in QUIET)) return 'quiet';
  return pre && post ? 'changed' : pre ? 'removed' : 'added';
}

/** The kinds of difference, in a word or two. */
export const KIND_WORDS: Record<DifferenceKind, string> = {
  inserted: 'added',
  removed: 'removed',
  opcode: 'instruction',
  register: 'register',
  immediate: 'constant',
  'memory-offset': 'offset',
  stack: 'stack frame',
  'call-target': 'call',
  'jump-target': 'jump',
  string: 'string',
  data: 'data',
  alternative: 'alternative',
  lock: 'lock prefix',
  'jump-label': 'jump label',
  bug: 'warning',
  exception: 'exception',
  paravirt: 'paravirt',
  'static-call': 'static call',
  distance: 'distance only',
  encoding: 'encoding only',
  moved: 'moved',
  line: 'line number only',
  padding: 'padding',
};

/** How many rows differ, and how many only in what means nothing. */
export function countRows(rows: readonly Row[]): { readonly differing: number; readonly quiet: number } {
  const looks = rows.map(lookOf);
  const quiet = looks.filter((look) => look === 'quiet').length;
  return { differing: looks.filter((look) => look !== 'same').length - quiet, quiet };
}
