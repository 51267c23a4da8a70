import { failure, success, type Failure, type Result } from '../failure.ts';
import { PATCH_LIMITS, type PatchName } from './patch.ts';

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** Reads a name in C quotes, as git writes unusual ones. Gives the name and what follows it; nothing if the quotes are wrong. */
export function readQuoted(text: string): { readonly name: string; readonly rest: string } | undefined {
  const match = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [part] of match[1].matchAll(/\\([0-3][0-7]{2}|.)|[^\\]+/gs)) {
    if (!part.startsWith('\\')) {
      for (const byte of encoder.encode(part)) bytes.push(byte);
      continue;
    }
    const escape = part.slice(1);
    const byte = escape.length === 3 ? parseInt(escape, 8) : ESCAPES[escape];
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return { name: new TextDecoder().decode(new Uint8Array(bytes)), rest: text.slice(match[0].length) };
}

/** Writes a name as git does: in quotes if it has unusual characters. */
export function quoteName(name: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must be quoted
  if (!/["\\\x00-\x1f\x7f-\uffff]/.test(name)) return name;
  const letters = new Map(Object.entries(ESCAPES).map(([letter, byte]) => [byte, letter]));
  let out = '';
  for (const byte of new TextEncoder().encode(name)) {
    const letter = letters.get(byte);
    if (letter !== undefined) out += `\\${letter}`;
    else if (byte < 0x20 || byte > 0x7e) out += `\\${byte.toString(8).padStart(3, '0')}`;
    else out += String.fromCharCode(byte);
  }
  return `"${out}"`;
}

/**
 * The path in the tree that a name stands for when `strip` components are dropped from it, or nothing if it has no more than
 * those. A path that would leave the tree is a failure (`unsafe_path`); `line` is where the patch has it.
 */
export function treePath(name: PatchName, strip: number, line: number): Result<string | undefined> {
  const unsafe = unsafeName(name.path, line);
  if (unsafe) return unsafe;
  const parts = name.path.split('/').filter((part) => part !== '' && part !== '.');
  return success(parts.slice(name.prefixed ? strip : 0).join('/') || undefined);
}

function unsafeName(path: string, line: number): Failure | undefined {
  const shown = path.slice(0, 100);
  const refuse = (message: string, hint?: string) =>
    failure('unsafe_path', message, {
      where: `line ${line} of the patch`,
      found: shown,
      expected: 'a path inside the kernel tree, such as kernel/sys.c',
      hint,
    });
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    return refuse('The patch names a file by an absolute path.', 'Make the patch inside the tree, with relative paths.');
  if (path.split(/[\\/]/).includes('..')) return refuse('A path in the patch leads out of the kernel tree.');
  if (path.length > PATCH_LIMITS.pathLength) return refuse('A path in the patch is too long.');
  if (/[\p{Cc}\p{Cs}\\]/u.test(path)) return refuse('A path in the patch has characters that no file of the kernel has.');
  return undefined;
}
