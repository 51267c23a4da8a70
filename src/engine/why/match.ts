import { diffArrays } from 'diff';

/** Which items of two lists correspond, as pairs of indexes in rising order. */
export type Matches = readonly (readonly [number, number])[];

/** Items that differ at most before Myers' algorithm is given up: its work grows with the list times this. */
const MOST_EDITS = 2000;
/** Between anchors, where there are many such stretches. */
const MOST_EDITS_BETWEEN = 200;

/** A common subsequence of two lists: the longest, unless they differ in thousands of items; then one through items that both have once. */
export function matchLists(a: readonly string[], b: readonly string[]): Matches {
  const least = Math.min(a.length, b.length);
  let head = 0;
  while (head < least && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < least - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const pairs: [number, number][] = Array.from({ length: head }, (_, i) => [i, i]);
  const [left, right] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  for (const [i, j] of longest(left, right, MOST_EDITS) ?? throughAnchors(left, right)) pairs.push([i + head, j + head]);
  for (let k = tail; k > 0; k--) pairs.push([a.length - k, b.length - k]);
  return pairs;
}

function longest(a: readonly string[], b: readonly string[], maxEditLength: number): [number, number][] | undefined {
  const parts = diffArrays([...a], [...b], { maxEditLength });
  if (!parts) return undefined;
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  for (const { added, removed, value } of parts) {
    for (let k = 0; !added && !removed && k < value.length; k++) pairs.push([i + k, j + k]);
    if (!added) i += value.length;
    if (!removed) j += value.length;
  }
  return pairs;
}

/** As patience diff: items that occur once in both lists hold them together, and what lies between is compared for itself. */
function throughAnchors(a: readonly string[], b: readonly string[]): [number, number][] {
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...anchors(a, b), [a.length, b.length] as const]) {
    const between = longest(a.slice(i, nextI), b.slice(j, nextJ), MOST_EDITS_BETWEEN) ?? [];
    for (const [left, right] of between) pairs.push([left + i, right + j]);
    if (nextI < a.length) pairs.push([nextI, nextJ]);
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return pairs;
}

/** The longest rising row of items that both lists have exactly once. */
function anchors(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const once = (list: readonly string[]): Map<string, number> => {
    const found = new Map<string, number>();
    list.forEach((item, index) => found.set(item, found.has(item) ? -1 : index));
    return found;
  };
  const inB = once(b);
  const candidates = [...once(a)].flatMap(([item, i]) => {
    const j = inB.get(item) ?? -1;
    return i >= 0 && j >= 0 ? [[i, j] as const] : [];
  });
  // piles[n]: the candidate with the smallest j that ends a row of n + 1.
  const piles: number[] = [];
  const before = new Map<number, number | undefined>();
  candidates.forEach(([, j], index) => {
    let [low, high] = [0, piles.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((candidates[piles[middle] ?? 0]?.[1] ?? 0) < j) low = middle + 1;
      else high = middle;
    }
    before.set(index, piles[low - 1]);
    piles[low] = index;
  });
  const row: (readonly [number, number])[] = [];
  for (let at = piles.at(-1); at !== undefined; at = before.get(at)) {
    const candidate = candidates[at];
    if (candidate) row.push(candidate);
  }
  return row.reverse();
}
