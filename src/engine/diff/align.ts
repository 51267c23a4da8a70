import { spanText, type Span, type Target } from './span.ts';
import { targetsOf } from './targets.ts';

/** More pairs than this are not laid beside each other: a function of a thousand references on both sides. */
const MAX_CELLS = 1_000_000;

type Key = string | Span | undefined;

/** Two spans that stand in the same place, and whether anything beside them says so, or only their order. */
export interface Aligned {
  readonly pre: Span;
  readonly post: Span;
  readonly by: 'references' | 'order';
}

/**
 * Lays what a function refers to beside what its partner refers to, so that as much as possible corresponds, and gives those of `base` that every best
 * way of doing so puts beside each other, and only each other.
 */
export function alignTargets(pre: Span, post: Span, baseOf: (span: Span | undefined) => string | undefined): Aligned[] {
  const bases = new Map<Span | undefined, string | undefined>();
  const base = (span: Span | undefined): string | undefined => {
    if (!bases.has(span)) bases.set(span, baseOf(span));
    return bases.get(span);
  };
  const a = targetsOf(pre);
  const b = targetsOf(post);
  if (a.length * b.length > MAX_CELLS) return [];
  const left = a.map((target) => keyOf(target, true, base));
  const right = b.map((target) => keyOf(target, false, base));
  const width = b.length + 1;
  const same = (i: number, j: number): boolean => {
    const x = left[i];
    return x !== undefined && x === right[j];
  };
  /** Length of the best alignment of what is before (i, j), and of what is behind it. */
  const before = new Uint32Array((a.length + 1) * width);
  const behind = new Uint32Array((a.length + 1) * width);
  const at = (table: Uint32Array, i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      before[i * width + j] = same(i - 1, j - 1)
        ? at(before, i - 1, j - 1) + 1
        : Math.max(at(before, i - 1, j), at(before, i, j - 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      behind[i * width + j] = same(i, j) ? at(behind, i + 1, j + 1) + 1 : Math.max(at(behind, i + 1, j), at(behind, i, j + 1));
  const longest = at(behind, 0, 0);
  const beside = new Map<Span, Set<Span>>();
  const back = new Map<Span, Set<Span>>();
  for (let i = 0; i < a.length; i++) {
    const x = a[i]?.span;
    if (!x || base(x) === undefined) continue;
    for (let j = 0; j < b.length; j++) {
      const y = b[j]?.span;
      if (!y || !same(i, j) || at(before, i, j) + 1 + at(behind, i + 1, j + 1) !== longest) continue;
      add(beside, x, y);
      add(back, y, x);
    }
  }
  const mine = neighbours(a, left, base);
  const theirs = neighbours(b, right, base);
  const alike = (x: Span, y: Span): number => [...(mine.get(x) ?? [])].filter((key) => theirs.get(y)?.has(key)).length;
  const result: Aligned[] = [];
  for (const [x, others] of beside) {
    const [y] = others;
    if (!y || others.size !== 1 || back.get(y)?.size !== 1) continue;
    const rivals = [...theirs.keys()].filter((other) => other !== y && base(other) === base(y));
    const siblings = [...mine.keys()].filter((other) => other !== x && base(other) === base(x));
    const alone = rivals.length === 0 && siblings.length === 0;
    const best = Math.max(0, ...rivals.map((other) => alike(x, other)), ...siblings.map((other) => alike(other, y)));
    const told = alike(x, y) > best;
    result.push({ pre: x, post: y, by: alone || told ? 'references' : 'order' });
  }
  return result;
}

/** What is referred to just before and just behind each of `base`: things that are known already. */
function neighbours(
  targets: readonly Target[],
  keys: readonly Key[],
  base: (span: Span | undefined) => string | undefined,
): Map<Span, Set<string | Span>> {
  const result = new Map<Span, Set<string | Span>>();
  const known = (index: number, step: 1 | -1): Key => {
    let at = index + step;
    while (at >= 0 && at < targets.length && base(targets[at]?.span) !== undefined) at += step;
    return keys[at];
  };
  targets.forEach(({ span }, index) => {
    if (!span || base(span) === undefined) return;
    const set = result.get(span) ?? new Set();
    result.set(span, set);
    for (const step of [-1, 1] as const) {
      const key = known(index, step);
      // Which side it is on counts as well.
      if (typeof key === 'string') set.add(`${step} ${key}`);
      else if (key) set.add(key);
    }
  });
  return result;
}

function add(map: Map<Span, Set<Span>>, from: Span, to: Span): void {
  const set = map.get(from);
  if (set) set.add(to);
  else map.set(from, new Set([to]));
}

/** What makes two targets correspond: the same name, the same text, partners, or two open variables of one name. */
function keyOf({ span, offset, ...rest }: Target, isPre: boolean, base: (span: Span | undefined) => string | undefined): Key {
  if (!span) return 'name' in rest ? `${rest.name}+${offset}` : undefined;
  if (span.kind === 'string') return `"${spanText(span).slice(Math.max(0, offset))}`;
  const open = base(span);
  if (open !== undefined) return `${open}+${offset}`;
  return isPre ? (span.partner ?? span) : span;
}
