import type { DefinitionKind } from './why.ts';

/** A definition at the top level of a C source, by its lines, from 1. */
export interface Definition {
  readonly kind: DefinitionKind;
  /** The name it goes by first; of `SYSCALL_DEFINE3(read, …)` the argument, of `DEFINE_X(foo)` also the macro. */
  readonly names: readonly string[];
  readonly first: number;
  readonly last: number;
}

/** A line with its number in its file. A text with gaps, such as a hunk, is fine as long as what it begins with is at the top level. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** Continued macros and long initialisers end somewhere. */
const LONGEST_HEAD = 40;

/**
 * Finds definitions by the layout that the kernel's sources keep: what begins in the first column begins a definition, and a closing brace in the
 * first column ends it. Not a parser: what it is not sure of it calls `other`.
 */
export function definitionsOf(lines: readonly NumberedLine[]): Definition[] {
  const result: Definition[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const end =
      line && (/^#\s*define\s/.test(line.text) ? macroEnd(lines, at) : isStart(line.text) ? bodyEnd(lines, at) : undefined);
    if (!line || end === undefined) {
      at++;
      continue;
    }
    const text = lines.slice(at, end + 1).map((one) => one.text);
    result.push({ ...describe(text), first: line.number, last: lines[end]?.number ?? line.number });
    at = end + 1;
  }
  return result;
}

/** The lines of a text, numbered. */
export function numberLines(text: string): NumberedLine[] {
  return text.split('\n').map((line, index) => ({ number: index + 1, text: line }));
}

/** Something begins in the first column, and it is no label and no comment. */
export function isStart(text: string): boolean {
  return /^[A-Za-z_]/.test(text) && !/^\w+:(?!:)/.test(text);
}

function macroEnd(lines: readonly NumberedLine[], at: number): number {
  let end = at;
  while (end + 1 < lines.length && /\\\s*$/.test(lines[end]?.text ?? '')) end++;
  return end;
}

/** The last line of what begins here: at its semicolon, or at the brace that closes it. */
function bodyEnd(lines: readonly NumberedLine[], at: number): number {
  let depth = 0;
  let open = false;
  for (let end = at; end < lines.length; end++) {
    const text = withoutText(lines[end]?.text ?? '');
    if (
      end > at &&
      !open &&
      (isStart(text) || text.startsWith('#')) &&
      depth === 0 &&
      !/^\w[\w\s*]*$/.test(lines[end - 1]?.text ?? '')
    )
      return end - 1;
    for (const character of text) {
      if (character === '{') open = true;
      if (character === '(' || character === '{') depth++;
      if (character === ')' || character === '}') depth--;
    }
    if (open ? text.startsWith('}') || (end === at && depth <= 0) : depth <= 0 && (text.trimEnd().endsWith(';') || isCall(text)))
      return end;
    if (!open && end - at > LONGEST_HEAD) return at;
  }
  return lines.length - 1;
}

/** `EXPORT_SYMBOL(f)` without a semicolon. */
function isCall(text: string): boolean {
  return /^[A-Z][A-Z0-9_]*\(.*\)\s*$/.test(text) && !/^(COMPAT_)?SYSCALL_DEFINE|^BPF_CALL/.test(text);
}

/** A line without strings, characters and comments, in which a brace means nothing. */
export function withoutText(line: string): string {
  return line.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, '""').replace(/\/\*.*?(\*\/|$)|\/\/.*$/g, '');
}

function describe(lines: readonly string[]): Pick<Definition, 'kind' | 'names'> {
  const define = /^#\s*define\s+(\w+)/.exec(lines[0] ?? '');
  if (define) return { kind: 'macro', names: [define[1] ?? ''] };
  const text = lines.slice(0, LONGEST_HEAD).map(withoutText).join(' ');
  const brace = text.indexOf('{');
  const head = text.slice(0, brace < 0 ? undefined : brace);
  const record = /\b(struct|union|enum)\s*(\w*)\s*(?:__\w+(?:\([^)]*\))?\s*)*$/.exec(head.trimEnd());
  if (record && brace >= 0) {
    const kind = record[1] === 'enum' ? 'enum' : 'struct';
    const typedef = head.startsWith('typedef') ? /}[^}]*?(\w+)\s*;\s*$/.exec(withoutText(lines.at(-1) ?? ''))?.[1] : undefined;
    const names = [record[2], typedef].filter((name): name is string => name !== undefined && name !== '');
    return { kind, names: kind === 'enum' ? [...names, ...enumerators(lines)] : names };
  }
  const value = head.indexOf('=');
  const call = /(\w+)\s*\(/.exec(withoutAttributes(value < 0 ? head : head.slice(0, value)));
  if (call?.[1] !== undefined && value < 0) {
    const argument = /\(\s*(\w+)/.exec(head.slice(head.indexOf(call[1])))?.[1];
    if (/^[A-Z_][A-Z0-9_]*$/.test(call[1]) && argument !== undefined)
      return { kind: brace < 0 ? 'other' : 'function', names: [argument, call[1]] };
    return { kind: brace < 0 ? 'other' : 'function', names: [call[1]] };
  }
  const variable = /(\w+)\s*(\[[^\]]*\]\s*)*(__\w+(\([^)]*\))?\s*)*(;|$)/.exec((value < 0 ? head : head.slice(0, value)).trim());
  return { kind: variable ? 'variable' : 'other', names: variable?.[1] === undefined ? [] : [variable[1]] };
}

function enumerators(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^\s+(\w+)\s*(=|,|$|\/)/.exec(withoutText(line))?.[1] ?? []);
}

function withoutAttributes(text: string): string {
  return text.replace(
    /__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)|__(?:section|aligned|printf|acquires|releases|must_hold)\s*\([^)]*\)/g,
    '',
  );
}
