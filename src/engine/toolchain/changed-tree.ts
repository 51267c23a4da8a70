import { success, type Result } from '../failure.ts';
import type { FileChange } from '../patch/tree.ts';
import { includesOf, resolveInclude, searchPath } from './includes.ts';
import type { SourceTree } from './source-tree.ts';
import type { Unit } from './units.ts';

/** A file as a change leaves it; null: deleted. */
export type Contents = Uint8Array | null;

/** The kernel's sources with a change on top. */
export class ChangedTree {
  readonly sources: SourceTree;
  /** What the change leaves of each file it touches. */
  readonly changes: ReadonlyMap<string, Contents>;
  readonly #texts = new Map<string, string>();

  constructor(sources: SourceTree, changes: Iterable<FileChange>) {
    this.sources = sources;
    const encoder = new TextEncoder();
    const contents = new Map<string, Contents>();
    for (const { path, text } of changes) {
      contents.set(path, text === null ? null : encoder.encode(text));
      if (text !== null) this.#texts.set(path, text);
    }
    this.changes = contents;
  }

  /** True if the file is there after the change. */
  has(path: string): boolean {
    const change = this.changes.get(path);
    return change === undefined ? this.sources.has(path) : change !== null;
  }

  /** A file as the change leaves it, as text. */
  async text(path: string): Promise<Result<string>> {
    const known = this.#texts.get(path);
    if (known !== undefined) return success(known);
    const bytes = await this.sources.read(path);
    return bytes.ok ? success(new TextDecoder().decode(bytes.value)) : bytes;
  }

  /** The text of a file if that needs no loading. */
  peekText(path: string): string | undefined {
    const change = this.changes.get(path);
    if (change === null) return undefined;
    const bytes = change ?? this.sources.peek(path);
    return this.#texts.get(path) ?? (bytes && new TextDecoder().decode(bytes));
  }

  /** Files that the change adds to the tree. */
  get created(): readonly string[] {
    return [...this.changes].flatMap(([path, contents]) => (contents !== null && !this.sources.has(path) ? [path] : []));
  }

  /** The file that an `#include` of that name in that file means, as the compiler looks for it; undefined if it is nowhere. */
  resolve(name: string, from: string, unit: Unit): string | undefined {
    const search = searchPath(unit.cc1);
    return resolveInclude({ name, quoted: true, line: 0 }, from, search, (candidate) => this.has(candidate));
  }

  /**
   * Every file that compiling a unit may read after the change: what it read before, what the change adds, and what changed files and
   * `more` include, transitively. Conditions are not looked at, so these are more than are read; headers that are nowhere are left to the
   * compiler, which knows whether it needs them.
   */
  async filesOf(unit: Unit, more: readonly string[] = []): Promise<Result<string[]>> {
    const search = searchPath(unit.cc1);
    const known = new Set([...unit.deps, ...this.created, ...more]);
    const files = new Set([...known].filter((path) => this.has(path)));
    const open = [...files].filter((path) => this.#texts.has(path) || more.includes(path));
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const text = await this.text(path);
      if (!text.ok) return text;
      for (const include of includesOf(text.value)) {
        const target = resolveInclude(include, path, search, (candidate) => this.has(candidate));
        if (target === undefined || known.has(target)) continue;
        known.add(target);
        files.add(target);
        open.push(target);
      }
    }
    return success([...files]);
  }
}
