import { failure, success, type Result } from '../failure.ts';

/** A mark that the kernel's `DEFINE()` leaves in the assembly text: `->NAME $value comment`. */
const MARK = /^\s*\.ascii\s*"->(?<name>[A-Za-z_]\w*) [$#]*(?<value>[^ "]*) /gm;
const DEFINE = /^#define (?<name>[A-Za-z_]\w*) (?<value>\S+) \/\*/gm;

/**
 * Checks that the assembly text of `asm-offsets.c` or `bounds.c` still gives the header that the kernel was built with. Fails with
 * `asm_offsets_changed`: assembly code and structures all over the kernel hold these numbers.
 */
export function checkOffsets(assembly: string, header: string, output: string): Result<void> {
  const made = table(assembly, MARK);
  const was = table(header, DEFINE);
  const changed = [...new Set([...was.keys(), ...made.keys()])].filter((name) => was.get(name) !== made.get(name));
  const [first] = changed;
  if (first === undefined) return success(undefined);
  return failure('asm_offsets_changed', 'The change moves something that assembly code reaches by its number.', {
    where: `${output}: ${first}`,
    expected: was.get(first) ?? 'not defined',
    found: `${made.get(first) ?? 'not defined'}${changed.length > 1 ? ` (and ${changed.length - 1} more)` : ''}`,
    hint: 'Structures that live in the running kernel keep their layout. Leave it as it is; new data can be kept beside the structure.',
  });
}

function table(text: string, pattern: RegExp): Map<string, string> {
  return new Map([...text.matchAll(pattern)].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? ''] as const));
}
