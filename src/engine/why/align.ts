import type { CodeTarget } from '../diff/changes.ts';
import type { Instruction } from './decode.ts';
import { matchLists } from './match.ts';
import { resemblance } from './resemblance.ts';

/** Two instructions side by side, or one alone, by their indexes. */
export interface Slot {
  readonly pre?: number;
  readonly post?: number;
  /** `moved`: the counterpart is in another row. */
  readonly kind: 'same' | 'pair' | 'alone' | 'moved';
}

export interface Alignment {
  readonly slots: readonly Slot[];
  readonly moved: Moved;
}

/** Instructions that are in another place of the function, by their indexes. */
export interface Moved {
  /** Index in post of a moved instruction of pre, and the other way round. */
  readonly toPost: ReadonlyMap<number, number>;
  readonly toPre: ReadonlyMap<number, number>;
}

/** Instructions in a row that must be equal for them to count as a block that moved. */
const LEAST_MOVED = 4;
/** Comparisons of instructions within a stretch that differs; beyond that they are taken in order. */
const MOST_COMPARISONS = 40_000;

/**
 * Puts the instructions of pre and post side by side. What decides is what an instruction does, with its targets by name and branches within the
 * function by nothing but that they are ones: where those lead can only be compared afterwards.
 */
export function align(pre: readonly Instruction[], post: readonly Instruction[]): Alignment {
  const a = pre.map(token);
  const b = post.map(token);
  const slots: Slot[] = [];
  let [i, j] = [0, 0];
  const gaps: { readonly at: number; readonly pre: number[]; readonly post: number[] }[] = [];
  for (const [nextI, nextJ] of [...matchLists(a, b), [a.length, b.length] as const]) {
    const gap = { at: slots.length, pre: range(i, nextI), post: range(j, nextJ) };
    if (gap.pre.length + gap.post.length > 0) gaps.push(gap);
    if (nextI < a.length) slots.push({ kind: 'same', pre: nextI, post: nextJ });
    [i, j] = [nextI + 1, nextJ + 1];
  }
  const moved = movedBlocks(
    a,
    b,
    gaps.flatMap((gap) => gap.pre),
    gaps.flatMap((gap) => gap.post),
  );
  const result: Slot[] = [];
  let taken = 0;
  for (const gap of gaps) {
    for (; taken < gap.at; taken++) result.push(slots[taken] ?? { kind: 'same' });
    result.push(...fillGap(pre, post, gap.pre, gap.post, moved));
  }
  return { slots: [...result, ...slots.slice(taken)], moved };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k);
}

/** What two instructions have in common if they count as the same. */
function token({ mnemonic, operands, references, branch }: Instruction): string {
  const targets = references.map(targetKey).join(' ');
  return `${mnemonic} ${operands.join(', ')} ${branch ? '→' : targets}`;
}

/** A target as far as it can be compared by itself; places in code move with the code. */
export function targetKey(target: CodeTarget): string {
  if (target.place) return 'place';
  return target.table ? 'table' : (target.identity ?? target.target);
}

/** Blocks among what has no counterpart in its place that are the same elsewhere; each instruction is used once, longest found first in order. */
function movedBlocks(a: readonly string[], b: readonly string[], alone: readonly number[], others: readonly number[]): Moved {
  const toPost = new Map<number, number>();
  const toPre = new Map<number, number>();
  const open = { a: new Set(alone), b: new Set(others) };
  const key = (list: readonly string[], from: number): string => list.slice(from, from + LEAST_MOVED).join('\n');
  const starts = new Map<string, number[]>();
  for (const j of others) {
    const found = starts.get(key(b, j));
    if (found) found.push(j);
    else starts.set(key(b, j), [j]);
  }
  const lengthAt = (i: number, j: number): number => {
    let length = 0;
    while (open.a.has(i + length) && open.b.has(j + length) && a[i + length] === b[j + length]) length++;
    return length;
  };
  for (const i of alone) {
    if (!open.a.has(i)) continue;
    let best = { j: -1, length: 0 };
    for (const j of (starts.get(key(a, i)) ?? []).slice(0, 16)) {
      const length = lengthAt(i, j);
      if (length > best.length) best = { j, length };
    }
    if (best.length < LEAST_MOVED) continue;
    for (let k = 0; k < best.length; k++) {
      toPost.set(i + k, best.j + k);
      toPre.set(best.j + k, i + k);
      open.a.delete(i + k);
      open.b.delete(best.j + k);
    }
  }
  return { toPost, toPre };
}

/** Puts what is alike in a gap side by side, keeping the order of both sides. */
function fillGap(
  pre: readonly Instruction[],
  post: readonly Instruction[],
  gone: readonly number[],
  come: readonly number[],
  moved: Moved,
): Slot[] {
  const rows: Slot[] = [];
  let [i, j] = [0, 0];
  const alone = (untilI: number, untilJ: number): void => {
    for (; i < untilI; i++) rows.push({ kind: moved.toPost.has(gone[i] ?? -1) ? 'moved' : 'alone', pre: gone[i] });
    for (; j < untilJ; j++) rows.push({ kind: moved.toPre.has(come[j] ?? -1) ? 'moved' : 'alone', post: come[j] });
  };
  const likeness = (left: number, right: number): number => {
    const [one, other] = [pre[gone[left] ?? -1], post[come[right] ?? -1]];
    if (!one || !other || moved.toPost.has(gone[left] ?? -1) || moved.toPre.has(come[right] ?? -1)) return 0;
    return resemblance(one, other);
  };
  for (const [left, right] of bestPairs(gone.length, come.length, likeness)) {
    alone(left, right);
    rows.push({ kind: 'pair', pre: gone[i++], post: come[j++] });
  }
  alone(gone.length, come.length);
  return rows;
}

/** Pairs in rising order with the greatest sum of likeness. */
function bestPairs(rows: number, columns: number, likeness: (i: number, j: number) => number): [number, number][] {
  if (rows * columns > MOST_COMPARISONS) {
    return range(0, Math.min(rows, columns)).flatMap((k): [number, number][] => (likeness(k, k) > 0 ? [[k, k]] : []));
  }
  const width = columns + 1;
  const sums = new Float64Array((rows + 1) * width);
  const at = (i: number, j: number): number => sums[i * width + j] ?? 0;
  const like = new Float64Array(rows * columns);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const here = likeness(i, j);
      like[i * columns + j] = here;
      sums[i * width + j] = Math.max(at(i + 1, j), at(i, j + 1), here > 0 ? here + at(i + 1, j + 1) : 0);
    }
  }
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < rows && j < columns) {
    const here = like[i * columns + j] ?? 0;
    if (here > 0 && at(i, j) === here + at(i + 1, j + 1)) pairs.push([i++, j++]);
    else if (at(i, j) === at(i + 1, j)) i++;
    else j++;
  }
  return pairs;
}
