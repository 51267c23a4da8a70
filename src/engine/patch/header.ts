import { failure, success, type Result } from '../failure.ts';
import type { PatchLines } from './lines.ts';
import { readQuoted } from './name.ts';
import type { FilePatch, PatchName } from './patch.ts';

/** A file of a patch, before its hunks. `named`: lines with --- and +++ name it, so that hunks must follow. */
export interface FileHeader extends Omit<FilePatch, 'hunks' | 'message'> {
  readonly named: boolean;
}

/** True if a file begins with the next line. */
export function isFileHeader(lines: PatchLines): boolean {
  return isGitHeader(lines.peek()) || isPlainHeader(lines);
}

/** `--- ` alone may be text; with `+++ ` behind it, it is not. */
function isPlainHeader(lines: PatchLines): boolean {
  return /^--- \S/.test(lines.peek()) && /^\+\+\+ \S/.test(lines.peek(1));
}

function isGitHeader(line: string): boolean {
  return line.startsWith('diff --git ');
}

/** Reads what stands before a file's hunks. */
export function parseHeader(lines: PatchLines): Result<FileHeader> {
  // Bounds what finding the names costs, too.
  if (lines.peek().length > LONGEST_HEADER || lines.peek(1).length > LONGEST_HEADER) {
    return failure('malformed_patch', 'A line that names a file is too long.', {
      where: `line ${lines.number} of the patch`,
      expected: `at most ${LONGEST_HEADER} characters`,
    });
  }
  return isGitHeader(lines.peek()) ? parseGit(lines) : parsePlain(lines);
}

/** Two names of the longest kind, all of it escaped. */
const LONGEST_HEADER = 4096;

interface GitFacts {
  kind: FilePatch['kind'];
  from?: string;
  to?: string;
  newMode?: string;
}

const EXTENDED: readonly (readonly [RegExp, (facts: GitFacts, value: string) => void])[] = [
  [/^old mode (\d{6})$/, () => undefined],
  [/^new mode (\d{6})$/, (facts, value) => (facts.newMode = value)],
  [/^deleted file mode (\d{6})$/, (facts) => (facts.kind = 'delete')],
  [
    /^new file mode (\d{6})$/,
    (facts, value) => {
      facts.kind = 'create';
      facts.newMode = value;
    },
  ],
  [/^(?:rename|copy) from (.+)$/, (facts, value) => (facts.from = value)],
  [
    /^rename to (.+)$/,
    (facts, value) => {
      facts.kind = 'rename';
      facts.to = value;
    },
  ],
  [
    /^copy to (.+)$/,
    (facts, value) => {
      facts.kind = 'copy';
      facts.to = value;
    },
  ],
  [/^(?:dis)?similarity index (\d+%)$/, () => undefined],
  [/^index ([\da-f]+\.\.[\da-f]+.*)$/, () => undefined],
];

function parseGit(lines: PatchLines): Result<FileHeader> {
  const line = lines.number;
  const names = gitNames(lines.next().slice('diff --git '.length));
  const facts: GitFacts = { kind: 'modify' };
  for (;;) {
    const known = EXTENDED.find(([pattern]) => pattern.test(lines.peek()));
    if (!known) break;
    known[1](facts, known[0].exec(lines.next())?.[1] ?? '');
  }
  if (facts.newMode !== undefined && !/^100/.test(facts.newMode)) {
    return failure('unsupported_mode', 'The patch makes a file that is no regular one.', {
      where: `line ${line} of the patch`,
      expected: 'mode 100644 or 100755',
      found:
        facts.newMode === '120000' ? 'a symbolic link' : facts.newMode === '160000' ? 'a submodule' : `mode ${facts.newMode}`,
    });
  }
  if (facts.from !== undefined && facts.to !== undefined && (facts.kind === 'rename' || facts.kind === 'copy')) {
    const named = isPlainHeader(lines);
    if (named) {
      lines.next();
      lines.next();
    }
    const name = (text: string): PatchName => ({ path: readQuoted(text)?.name ?? text, prefixed: false });
    const { kind, from, to, newMode } = facts;
    return success({ line, kind, named, newMode, oldName: name(from), newName: name(to), gitPrefixes: false });
  }
  if (isPlainHeader(lines)) {
    const plain = parseHeader(lines);
    const { newMode } = facts;
    return plain.ok
      ? success({ ...plain.value, line, newMode, kind: facts.kind === 'modify' ? plain.value.kind : facts.kind })
      : plain;
  }
  if (!names) {
    return failure('malformed_patch', 'The names of a file cannot be told.', {
      where: `line ${line} of the patch`,
      expected: 'diff --git a/path b/path',
    });
  }
  const [oldName, newName] = names;
  return success({
    line,
    kind: facts.kind,
    named: false,
    newMode: facts.newMode,
    oldName: { path: oldName, prefixed: true },
    newName: { path: newName, prefixed: true },
    gitPrefixes: hasPrefixes(oldName, newName),
  });
}

/** Both names of `diff --git`; without quotes only equal ones can be told apart, and unequal ones have `rename` lines. */
function gitNames(text: string): readonly [string, string] | undefined {
  const first = readQuoted(text);
  if (first) {
    const second = first.rest.trimStart();
    return [first.name, readQuoted(second)?.name ?? second];
  }
  const quoted = text.indexOf(' "');
  const last = quoted < 0 ? undefined : readQuoted(text.slice(quoted + 1));
  if (last) return [text.slice(0, quoted), last.name];
  for (let space = text.indexOf(' '); space >= 0; space = text.indexOf(' ', space + 1)) {
    const [a, b] = [text.slice(0, space), text.slice(space + 1)];
    if (a === b || (a.includes('/') && a.slice(a.indexOf('/')) === b.slice(b.indexOf('/')))) return [a, b];
  }
  return undefined;
}

function parsePlain(lines: PatchLines): Result<FileHeader> {
  const line = lines.number;
  const before = plainName(lines.next().slice(4));
  const after = plainName(lines.next().slice(4));
  const nothing = { before: before.absent, after: after.absent };
  if (nothing.before && nothing.after) {
    return failure('malformed_patch', 'A file has no name.', {
      where: `line ${line} of the patch`,
      found: 'no file before and none after the change',
    });
  }
  const name = (path: string): PatchName => ({ path, prefixed: true });
  return success({
    line,
    named: true,
    kind: nothing.before ? 'create' : nothing.after ? 'delete' : 'modify',
    oldName: name(nothing.before ? after.path : before.path),
    newName: name(nothing.after ? before.path : after.path),
    gitPrefixes: hasPrefixes(nothing.before ? 'a/' : before.path, nothing.after ? 'b/' : after.path),
  });
}

function hasPrefixes(before: string, after: string): boolean {
  return before.startsWith('a/') && after.startsWith('b/');
}

/**
 * A name and, behind a tab, when the file was changed; mail programs make spaces of the tab. `diff -N` gives a file that is not
 * there the time 0. A row of blanks is tried at its beginning only.
 */
function plainName(text: string): { readonly path: string; readonly absent: boolean } {
  const quoted = readQuoted(text);
  const [, name = '', date, time, zone] =
    /^(.*?)(?<![\t ])[\t ]+(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.0+)? ([+-]\d{4})\s*$/.exec(
      quoted?.rest === undefined ? text : `"${quoted.rest}`,
    ) ?? [];
  const absent = date !== undefined && Date.parse(`${date}T${time}${zone?.slice(0, 3)}:${zone?.slice(3)}`) === 0;
  const plain =
    date === undefined ? (text.split('\t', 1)[0] ?? '').replace(/(?<! ) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*$/, '') : name;
  const path = quoted?.name ?? plain.trimEnd();
  return { path, absent: absent || path === '/dev/null' };
}
