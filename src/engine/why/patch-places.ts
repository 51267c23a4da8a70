import type { FilePatch, Hunk, Patch } from '../patch/patch.ts';
import { definitionsOf, isStart, withoutText, type Definition, type NumberedLine } from './definitions.ts';
import type { ChainNode, DefinitionKind } from './why.ts';
import type { LineMap } from './align-function.ts';

/** Changed lines of a source file that are in one definition. */
export interface PatchPlace {
  readonly path: string;
  readonly what: DefinitionKind;
  /** Of the definition; empty if the lines are in none that is known. */
  readonly names: readonly string[];
  readonly node: ChainNode & { readonly kind: 'patch' };
  /** The changed lines, with `+` or `-`. */
  readonly lines: readonly string[];
}

/** Finds what a patch changes: for each definition its changed lines. Blank lines and comments are no change of code. */
export function patchPlaces(patch: Patch): PatchPlace[] {
  return patch.files.flatMap((file) => mergePlaces(file.hunks.flatMap((hunk) => hunkPlaces(pathOf(file), hunk))));
}

/** The path in the kernel tree, as far as the patch's names tell. */
export function pathOf({ newName, oldName, kind }: FilePatch): string {
  const { path, prefixed } = kind === 'delete' ? oldName : newName;
  return prefixed ? path.replace(/^[^/]+\//, '') : path;
}

/** Where the lines of a file went, by the hunks of a patch. Lines that are gone or changed have no place. */
export function lineMapOf(hunks: readonly Hunk[]): LineMap {
  return (line) => {
    let shift = 0;
    for (const hunk of hunks) {
      const start = hunk.oldCount === 0 ? hunk.oldStart + 1 : hunk.oldStart;
      if (line < start) break;
      if (line < start + hunk.oldCount) return withinHunk(hunk, line);
      shift += hunk.newCount - hunk.oldCount;
    }
    return line + shift;
  };
}

function withinHunk(hunk: Hunk, line: number): number | undefined {
  let [old, now] = [hunk.oldStart, hunk.newStart];
  for (const { kind } of hunk.lines) {
    if (kind === ' ' && old === line) return now;
    if (kind !== '+') old++;
    if (kind !== '-') now++;
  }
  return undefined;
}

interface Changed extends NumberedLine {
  readonly side: 'pre' | 'post';
}

function hunkPlaces(path: string, hunk: Hunk): PatchPlace[] {
  const sides = { pre: sideOf(hunk, '-'), post: sideOf(hunk, '+') };
  const changed = { pre: codeLines(hunk, '-', sides.pre), post: codeLines(hunk, '+', sides.post) };
  const definitions = { pre: definitionsIn(hunk, sides.pre), post: definitionsIn(hunk, sides.post) };
  const groups = new Map<string, { readonly definition: Definition | undefined; readonly lines: Changed[] }>();
  // What came tells more than what went.
  for (const line of [...changed.post, ...changed.pre]) {
    const definition = enclosing(definitions[line.side], line);
    const key = definition ? `${definition.kind} ${definition.names.join(' ')}` : '';
    const group = groups.get(key);
    if (group) group.lines.push(line);
    else groups.set(key, { definition, lines: [line] });
  }
  return [...groups.values()].flatMap(({ definition, lines }): PatchPlace[] => {
    const [first] = lines;
    if (!first) return [];
    const sign = first.side === 'pre' ? '-' : '+';
    return [
      {
        path,
        what: definition?.kind ?? 'other',
        names: namesOf(definition, lines),
        node: { kind: 'patch', path, line: first.number, side: first.side, text: sign + first.text, count: lines.length },
        lines: lines.map(({ side, text }) => (side === 'pre' ? '-' : '+') + text),
      },
    ];
  });
}

/** Of an enumeration, only the constants whose lines changed; their neighbours may keep their values. */
function namesOf(definition: Definition | undefined, lines: readonly Changed[]): readonly string[] {
  if (definition?.kind !== 'enum') return definition?.names ?? [];
  const own = new Set(lines.flatMap(({ text }) => /^\s+(\w+)/.exec(text)?.[1] ?? []));
  return definition.names.filter((name) => own.has(name));
}

function sideOf(hunk: Hunk, sign: '-' | '+'): NumberedLine[] {
  let number = sign === '-' ? hunk.oldStart : hunk.newStart;
  return hunk.lines.flatMap(({ kind, text }) =>
    kind === ' ' || kind === sign ? [{ number: number++, text: text.replace(/\r?\n$/, '') }] : [],
  );
}

function codeLines(hunk: Hunk, sign: '-' | '+', side: readonly NumberedLine[]): Changed[] {
  const changed = new Set<number>();
  let number = sign === '-' ? hunk.oldStart : hunk.newStart;
  for (const { kind } of hunk.lines) {
    if (kind === sign) changed.add(number);
    if (kind === ' ' || kind === sign) number++;
  }
  let comment = false;
  return side.flatMap((line): Changed[] => {
    const inside = comment;
    const [opened, closed] = [line.text.lastIndexOf('/*'), line.text.lastIndexOf('*/')];
    if (opened > closed) comment = true;
    else if (closed >= 0) comment = false;
    const code = inside ? (closed < 0 ? '' : line.text.slice(closed + 2)) : withoutText(line.text).trim();
    // A hunk may begin inside of a comment.
    if (code === '' || /^\*( |\/|$)/.test(code) || !changed.has(line.number)) return [];
    return [{ ...line, side: sign === '-' ? 'pre' : 'post' }];
  });
}

/** Definitions in a hunk. The function named behind the second `@@` is open where the hunk begins, unless something else begins first. */
function definitionsIn(hunk: Hunk, lines: readonly NumberedLine[]): Definition[] {
  const heading = hunk.section.trim();
  const first = lines[0];
  if (!first || !isStart(heading) || heading.endsWith(';')) return definitionsOf(lines);
  const end = lines.findIndex(({ text }) => text.startsWith('}') || isStart(text));
  const closed = lines[end]?.text.startsWith('}') ?? false;
  const until = end < 0 ? lines.length : closed ? end + 1 : end;
  const rest = definitionsOf(lines.slice(until));
  // The heading is cut after 80 characters; what opens is closed so that it reads as a definition.
  const [open] = definitionsOf([{ number: 0, text: heading.includes('{') ? heading : `${heading.replace(/[,(]?\s*$/, '')} {` }]);
  const inHeading = definitionsOf(lines.slice(0, until).filter(({ text }) => text.startsWith('#')));
  if (!open || until === 0) return [...inHeading, ...rest];
  return [...inHeading, { ...open, first: first.number, last: lines[until - 1]?.number ?? first.number }, ...rest];
}

function enclosing(definitions: readonly Definition[], { number }: NumberedLine): Definition | undefined {
  return definitions.find(({ first, last }) => first <= number && number <= last);
}

/** One place for each definition, though several hunks are in it. */
function mergePlaces(places: readonly PatchPlace[]): PatchPlace[] {
  const merged = new Map<string, PatchPlace>();
  for (const place of places) {
    const key = `${place.what} ${place.names.join(' ')}`;
    const known = merged.get(key);
    const lines = [...(known?.lines ?? []), ...place.lines];
    merged.set(key, known ? { ...known, lines, node: { ...known.node, count: lines.length } } : place);
  }
  return [...merged.values()];
}
