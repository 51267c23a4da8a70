import { failure, success, type Failure, type Result } from '../failure.ts';
import { PATCH_LIMITS } from './patch.ts';

/** A patch's text. `lossy`: some bytes were not UTF-8 and stand in it as U+FFFD. */
export interface PatchText {
  readonly text: string;
  readonly lossy: boolean;
}

const KNOWN: readonly { readonly magic: readonly number[]; readonly name: string; readonly hint: string }[] = [
  { magic: [0x1f, 0x8b], name: 'a gzip file', hint: 'Unpack it first (gunzip).' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], name: 'an xz file', hint: 'Unpack it first (unxz).' },
  { magic: [0x42, 0x5a, 0x68], name: 'a bzip2 file', hint: 'Unpack it first (bunzip2).' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], name: 'a zstd file', hint: 'Unpack it first (unzstd).' },
  { magic: [0x50, 0x4b, 0x03, 0x04], name: 'a zip file', hint: 'Unpack it first.' },
  { magic: [0x7f, 0x45, 0x4c, 0x46], name: 'an ELF object', hint: 'Give the source patch, not what was built from it.' },
];
const TEXT_HINT = 'Give a unified diff: the output of `git diff`, `git format-patch` or `diff -u`.';

/**
 * The text of a patch file. Failures: `patch_too_large`, `binary_file`. UTF-16 with a byte order mark, as some shells write
 * redirected output, is read too.
 */
export function decodePatch(input: Uint8Array | string): Result<PatchText> {
  // A string has at least one byte of UTF-8 for each of its units.
  if (input.length > PATCH_LIMITS.bytes) return tooLarge(input.length);
  if (typeof input === 'string') return checkText({ text: input.replace(/^\uFEFF/, ''), lossy: false });
  const known = KNOWN.find(({ magic }) => magic.every((byte, i) => input[i] === byte) && !looksLikeText(input));
  if (known) return binary(known.name, known.hint);
  for (const [mark, encoding] of [
    [[0xff, 0xfe], 'utf-16le'],
    [[0xfe, 0xff], 'utf-16be'],
  ] as const) {
    if (input[0] === mark[0] && input[1] === mark[1])
      return checkText({ text: new TextDecoder(encoding).decode(input), lossy: false });
  }
  try {
    return checkText({ text: new TextDecoder('utf-8', { fatal: true }).decode(input), lossy: false });
  } catch {
    // Not UTF-8: often only a name in an old mail's header. Whether it matters is seen when the lines are read.
    return checkText({ text: new TextDecoder().decode(input), lossy: true });
  }
}

function looksLikeText(input: Uint8Array): boolean {
  return input.subarray(0, 64).every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function checkText(text: PatchText): Result<PatchText> {
  const at = text.text.indexOf('\0');
  return at < 0 ? success(text) : binary(`a NUL character at position ${at}`, TEXT_HINT);
}

function binary(found: string, hint: string): Failure {
  return failure('binary_file', 'This is a binary file, not a patch.', { expected: 'text', found, hint });
}

/** Also for whoever reads a file and stops at the limit. */
export function tooLarge(length: number): Failure {
  return failure('patch_too_large', 'The patch is too large.', {
    expected: `at most ${PATCH_LIMITS.bytes} bytes`,
    found: `${length} bytes`,
    hint: 'An update changes a few functions. Take the commit you want out of the larger difference, or split it.',
  });
}

/** Why a text without any file in it is no patch. */
export function notAPatch(text: string): Failure {
  if (text.trim() === '') return failure('empty_patch', 'The patch is empty.', { hint: TEXT_HINT });
  const is = (pattern: RegExp, found: string, hint: string) => (pattern.test(text) ? { found, hint } : undefined);
  const details = is(/^\s*<(!doctype|html)\b/i, 'a web page', 'Download the patch itself (“raw” or “plain” on most sites).') ??
    is(/^\*\*\* .+\r?\n--- .+\r?\n\*{15}/m, 'a context diff', 'Make it with `diff -u` instead of `diff -c`.') ??
    is(/^diff --(cc|combined) /m, 'the combined diff of a merge', 'Take the diff against one parent (`git diff A B`).') ??
    is(/^\d+(,\d+)?[acd]\d+(,\d+)?\r?$/m, 'a diff without context', 'Make it with `diff -u`.') ?? {
      found: text.trimStart().split(/\r?\n/, 1)[0]?.slice(0, 80),
      hint: TEXT_HINT,
    };
  return failure('not_a_patch', 'There is no unified diff in this text.', {
    expected: 'lines that begin with ---, +++ and @@',
    ...details,
  });
}
