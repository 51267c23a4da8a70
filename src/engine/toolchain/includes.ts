/** Where a compiler looks for headers, as its arguments say. */
export interface SearchPath {
  /** Folders given with `-I` and the like, in order. */
  readonly folders: readonly string[];
  /** Files given with `-include`. */
  readonly forced: readonly string[];
}

/** An `#include` line. */
export interface Include {
  readonly name: string;
  /** Written with quotes: the folder of the file itself comes first. */
  readonly quoted: boolean;
  /** From 1. */
  readonly line: number;
}

const FOLDER_OPTIONS = new Set(['-I', '-isystem', '-iquote', '-idirafter']);
const INCLUDE = /^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:"(?<quoted>[^"\n]+)"|<(?<angled>[^>\n]+)>)/gm;
const INCBIN = /\.incbin[ \t]+\\?"(?<file>[^"\\\n]+)\\?"/g;

/** Reads the search path out of the arguments of `cc1`. */
export function searchPath(args: readonly string[]): SearchPath {
  const folders: string[] = [];
  const forced: string[] = [];
  for (const [i, arg] of args.entries()) {
    const next = args[i + 1];
    if (FOLDER_OPTIONS.has(arg) && next !== undefined) folders.push(normal(next));
    else if (arg.startsWith('-I') && arg.length > 2) folders.push(normal(arg.slice(2)));
    else if (arg === '-include' && next !== undefined) forced.push(normal(next));
  }
  return { folders, forced };
}

/** The `#include` and `.incbin` lines of a text. Conditions around them are not looked at, so these are more than are read. */
export function includesOf(text: string): Include[] {
  const found: Include[] = [];
  let line = 1;
  let at = 0;
  for (const match of [...text.matchAll(INCLUDE), ...text.matchAll(INCBIN)].sort((a, b) => a.index - b.index)) {
    // The match may begin with blanks of its own line only, so the count stands at its line.
    for (let next = text.indexOf('\n', at); next >= 0 && next < match.index; next = text.indexOf('\n', at)) {
      line += 1;
      at = next + 1;
    }
    const { quoted, angled, file } = match.groups ?? {};
    found.push({ name: quoted ?? angled ?? file ?? '', quoted: quoted !== undefined, line });
  }
  return found;
}

/** The first file that an include may mean, as the compiler looks for it; undefined if none of them is there. */
export function resolveInclude(
  include: Include,
  from: string,
  search: SearchPath,
  exists: (path: string) => boolean,
): string | undefined {
  const own = from.includes('/') ? from.slice(0, from.lastIndexOf('/')) : '';
  const folders = include.quoted ? [own, ...search.folders] : [...search.folders, own];
  for (const folder of folders) {
    const path = normal(folder === '' ? include.name : `${folder}/${include.name}`);
    if (exists(path)) return path;
  }
  return undefined;
}

/** A path without `.` and `..` parts. One that leads out of the tree keeps its `..` and so is in no index. */
export function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
