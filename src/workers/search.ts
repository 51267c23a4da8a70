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
/** Letters that are there, in order, but scattered. With one or two letters that would be everything. */
const LOOSE = 0.25;
const STRICT = 0.5;

/**
 * Finds files and functions by what a person remembers of their names. First the names that are the query, then those that begin with it, then what
 * fuzzysort finds best; a file's own name counts before its folders.
 */
export class SearchIndex {
  readonly #functions;
  readonly #files;

  constructor(paths: readonly string[], functions: readonly FunctionPlace[]) {
    const files = paths.map((path): FilePlace => ({ path, base: path.slice(path.lastIndexOf('/') + 1) }));
    this.#functions = fuzzysort.snapshot(functions, { key: 'name' });
    this.#files = fuzzysort.snapshot(files, { keys: ['base', 'path'] });
  }

  /** At most `limit` hits, best first; none for an empty query. */
  search(query: string, limit: number): readonly Hit[] {
    const wanted = query.trim().slice(0, MAX_QUERY);
    if (wanted === '' || limit < 1) return [];
    const lower = wanted.toLowerCase();
    const options = { limit, threshold: wanted.length > 2 ? LOOSE : STRICT };
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
