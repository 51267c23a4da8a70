import fuzzysort from 'fuzzysort';
import type { Hit } from './toolchain-types.ts';

/** A function of the kernel and where it is defined; the line counts from 1. */
export interface FunctionPlace {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

interface FilePlace {
  readonly path: string;
  readonly base: string;
}

type Scored = Hit & { readonly score: number };

/** Nobody types more, and the search's time grows with it. */
const MAX_QUERY = 200;
/** How well something has to match: letters that are there, in order, but scattered, are good enough. */
const THRESHOLD = 0.25;
/** So few letters are in nearly every name: then only names that begin with them are looked for. */
const FEW_LETTERS = 2;

/**
 * Finds files and functions by what a person remembers of their names. First the names that are the query, then those that begin with it, then what
 * fuzzysort finds best; a file's own name counts before its folders.
 */
export class SearchIndex {
  readonly #functions;
  readonly #files;
  /** By name, without regard to capitals. */
  readonly #sorted: readonly { readonly key: string; readonly hit: Hit; readonly at: number }[];

  constructor(paths: readonly string[], functions: readonly FunctionPlace[]) {
    const files = paths.map((path): FilePlace => ({ path, base: path.slice(path.lastIndexOf('/') + 1) }));
    this.#functions = fuzzysort.snapshot(functions, { key: 'name' });
    this.#files = fuzzysort.snapshot(files, { keys: ['base', 'path'] });
    this.#sorted = [
      ...functions.map((place) => ({
        key: place.name.toLowerCase(),
        hit: { kind: 'function' as const, ...place, marks: [] },
        at: 0,
      })),
      ...files.map(({ path, base }) => ({
        key: base.toLowerCase(),
        hit: { kind: 'file' as const, name: path, path, marks: [] },
        at: path.length - base.length,
      })),
    ].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** At most `limit` hits, best first; none for an empty query. */
  search(query: string, limit: number): readonly Hit[] {
    const wanted = query.trim().slice(0, MAX_QUERY);
    if (wanted === '' || limit < 1) return [];
    const lower = wanted.toLowerCase();
    if (wanted.length <= FEW_LETTERS) return this.#beginning(lower, limit);
    const options = { limit, threshold: THRESHOLD };
    const functions = fuzzysort
      .go(wanted, this.#functions, { ...options, scoreFn: (result) => result.score + bonus(result.obj.name, lower) })
      .map((result): Scored => ({ kind: 'function', ...result.obj, marks: runs(result.indexes), score: result.score }));
    const files = fuzzysort
      .go(wanted, this.#files, {
        ...options,
        scoreFn: ({ score, obj }) => score + Math.max(bonus(obj.base, lower), bonus(obj.path, lower)),
      })
      .map((result): Scored => {
        const { path, base } = result.obj;
        const [own, whole] = result;
        // Marks of the file's own name where that matches, else those in the path.
        const at = own && own.indexes.length > 0 ? path.length - base.length : 0;
        const indexes = own && own.indexes.length > 0 ? own.indexes : (whole?.indexes ?? []);
        return { kind: 'file', name: path, path, marks: runs(indexes, at), score: result.score };
      });
    return [...functions, ...files]
      .sort((a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
      .slice(0, limit)
      .map(({ score: _score, ...hit }) => hit);
  }

  /** The shortest names that begin with the letters. */
  #beginning(letters: string, limit: number): readonly Hit[] {
    const [from, to] = [this.#indexOf(letters), this.#indexOf(`${letters}\uffff`)];
    return this.#sorted
      .slice(from, to)
      .sort((a, b) => a.key.length - b.key.length)
      .slice(0, limit)
      .map(({ hit, at }) => ({ ...hit, marks: [[at, at + letters.length] as const] }));
  }

  /** Where the key stands, or would stand, in the sorted names. */
  #indexOf(key: string): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle]?.key ?? key) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Leading underscores are not what people remember of a name. */
function bonus(name: string, query: string): number {
  const lower = name.toLowerCase();
  if (lower === query) return 3;
  if (lower.replace(/^_+/, '') === query) return 2;
  return lower.startsWith(query) ? 1 : 0;
}

/** Rows of neighbouring indexes as ranges. */
function runs(indexes: readonly number[], shift = 0): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === index + shift) last[1]++;
    else ranges.push([index + shift, index + shift + 1]);
  }
  return ranges;
}
