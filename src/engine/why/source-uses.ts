import { definitionsOf, numberLines, withoutText, type Definition } from './definitions.ts';
import type { PatchPlace } from './patch-places.ts';
import type { DefinitionKind } from './why.ts';

/** A function whose source uses what a patch changes, directly or through other definitions. Plain data. */
export interface SourceUse {
  readonly function: string;
  /** From what the patch changes to what the function names itself. */
  readonly through: readonly {
    readonly what: DefinitionKind;
    readonly name: string;
    readonly path: string;
    readonly line: number;
  }[];
}

/** The text of a source file after the change, if it is at hand. */
export type ReadSource = (path: string) => string | undefined;

/** Definitions that lead on from what a patch changes; a macro that half the kernel uses explains nothing. */
const MOST_NAMES = 200;
const LONGEST_WAY = 4;
/** Ways from the patch to one function that are looked at, of one length. */
const MOST_WAYS = 4;

/** What one definition can carry on to those that name it. */
const CARRIES: ReadonlySet<DefinitionKind> = new Set(['function', 'macro', 'struct', 'enum', 'variable']);

/**
 * Finds in the files of a unit (`files`: the source and the headers it reads) which functions of its source use something that the patch changes,
 * though the patch changes no line of their own. Only reads: whether that is why their code differs, the objects must show.
 */
export function sourceUses(
  source: string,
  files: readonly string[],
  places: readonly PatchPlace[],
  read: ReadSource,
): SourceUse[] {
  const text = read(source);
  if (text === undefined) return [];
  const changed = places.filter(({ what, names, path }) => names.length > 0 && CARRIES.has(what) && files.includes(path));
  const ways = new Map<string, SourceUse['through']>();
  for (const { what, names, node, path } of changed)
    for (const name of what === 'function' ? names.slice(0, 1) : names)
      if (!ways.has(name)) ways.set(name, [{ what, name, path, line: node.line }]);
  const texts = new Map(
    [...files, source].flatMap((path): [string, string][] => {
      const content = path === source ? text : read(path);
      return content === undefined ? [] : [[path, content]];
    }),
  );
  const indexes = new Map<string, readonly Definition[]>();
  const definitions = (path: string): readonly Definition[] => {
    const known = indexes.get(path) ?? definitionsOf(numberLines(texts.get(path) ?? ''));
    indexes.set(path, known);
    return known;
  };
  const uses: SourceUse[] = [];
  let fresh = [...ways.keys()];
  for (let depth = 0; depth < LONGEST_WAY && fresh.length > 0; depth++) {
    const found: string[] = [];
    for (const [path, content] of texts) {
      const here = fresh.filter((name) => content.includes(name));
      if (here.length === 0) continue;
      const lines = content.split('\n');
      for (const definition of definitions(path)) {
        const [own] = definition.names;
        if (own === undefined || !CARRIES.has(definition.kind) || here.includes(own)) continue;
        const through = usedNames(lines, definition, here).flatMap((name) => {
          const way = ways.get(name);
          return way && (definition.kind !== 'struct' || embeds(lines, definition, name, way.at(-1)?.what)) ? [way] : [];
        });
        const [first] = through;
        if (!first) continue;
        // One of them may be called rather than be part of it: which, its code tells.
        if (path === source && definition.kind === 'function')
          for (const way of through.slice(0, MOST_WAYS)) uses.push({ function: own, through: way });
        if (ways.has(own) || ways.size >= MOST_NAMES) continue;
        ways.set(own, [...first, { what: definition.kind, name: own, path, line: definition.first }]);
        found.push(own);
      }
    }
    fresh = found;
  }
  return uses;
}

function usedNames(lines: readonly string[], { first, last }: Definition, names: readonly string[]): string[] {
  const text = lines
    .slice(first - 1, last)
    .map(withoutText)
    .join('\n');
  return names.filter((name) => text.includes(name) && new RegExp(`(?<!\\w)${name}(?!\\w)`).test(text));
}

/** Whether a structure has another within it. One that only points at it keeps its layout. */
function embeds(lines: readonly string[], { first, last }: Definition, name: string, what: DefinitionKind | undefined): boolean {
  if (what !== 'struct') return true;
  const member = new RegExp(`(?<!\\w)${name}\\s+\\w`);
  return lines.slice(first, last).some((line) => member.test(withoutText(line)));
}
