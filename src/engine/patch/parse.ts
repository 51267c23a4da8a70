import { failure, success, type Failure, type Result } from '../failure.ts';
import { isFileHeader, parseHeader } from './header.ts';
import { decodePatch, notAPatch } from './input.ts';
import { PatchLines, shownLine } from './lines.ts';
import { isHunkHeader, parseHunk } from './parse-hunk.ts';
import { PATCH_LIMITS, type FilePatch, type Hunk, type Patch } from './patch.ts';

/**
 * Reads a unified diff, git's or plain, with any text around its files. Failures: `patch_too_large`, `binary_file`, `empty_patch`,
 * `not_a_patch`, `malformed_patch`, `binary_patch`, `unsupported_mode`, `patch_encoding`.
 */
export function parsePatch(input: Uint8Array | string): Result<Patch> {
  const decoded = decodePatch(input);
  if (!decoded.ok) return decoded;
  const { text, lossy } = decoded.value;
  const lines = new PatchLines(text);
  const description: string[] = [];
  const files: FilePatch[] = [];
  let message = 0;
  let hunks = 0;
  while (!lines.ended) {
    if (!isFileHeader(lines)) {
      const wrong = checkText(lines, files.length > 0);
      if (wrong) return wrong;
      const line = lines.next();
      if (files.length === 0) description.push(line);
      // git does not depend on the order of the files of one commit, but one commit stands on the one before it.
      else if (/^(From [\da-f]{40} |commit [\da-f]{40}|Subject: )/.test(line)) message = lines.number;
      continue;
    }
    const file = parseFile(lines, lossy);
    if (!file.ok) return file;
    files.push({ ...file.value, message });
    hunks += file.value.hunks.length;
    if (files.length > PATCH_LIMITS.files || hunks > PATCH_LIMITS.hunks) {
      return failure('patch_too_large', 'The patch is too large.', {
        expected: `at most ${PATCH_LIMITS.files} files and ${PATCH_LIMITS.hunks} hunks`,
        hint: 'Take the commit you want out of the larger difference, or split it.',
      });
    }
  }
  return files.length > 0 ? success({ description: description.join('\n'), files }) : notAPatch(text);
}

function parseFile(lines: PatchLines, lossy: boolean): Result<Omit<FilePatch, 'message'>> {
  const header = parseHeader(lines);
  if (!header.ok) return header;
  const hunks: Hunk[] = [];
  if (lines.peek().startsWith('GIT binary patch')) return binaryPatch(lines.number, header.value.newName.path);
  while (isHunkHeader(lines.peek()) && hunks.length <= PATCH_LIMITS.hunks) {
    const hunk = parseHunk(lines, lossy);
    if (!hunk.ok) return hunk;
    hunks.push(hunk.value);
  }
  const { named, ...file } = header.value;
  if (named && hunks.length === 0) {
    return failure('malformed_patch', 'No hunk follows the names of a file.', {
      where: `line ${lines.number} of the patch`,
      expected: '@@ -line,count +line,count @@',
      found: lines.ended ? 'the end of the patch' : shownLine(lines.peek()),
      hint: lines.peek().startsWith('@@@') ? 'Take the diff against one parent of the merge (`git diff A B`).' : undefined,
    });
  }
  return success({ ...file, hunks });
}

/** Text between files is skipped, but for what a person would not want to be skipped. */
function checkText(lines: PatchLines, afterFile: boolean): Failure | undefined {
  const line = lines.peek();
  const binary = differingFile(line);
  if (binary !== undefined) return binaryPatch(lines.number, binary);
  if (/^content-transfer-encoding:\s*(quoted-printable|base64)/i.test(line)) {
    return failure('patch_encoding', 'The patch is an encoded mail.', {
      where: `line ${lines.number} of the patch`,
      found: shownLine(line),
      hint: 'Save the mail decoded, or apply it with `git am` and take the output of `git format-patch`.',
    });
  }
  if (!isHunkHeader(line) && !(afterFile && line.startsWith('@@'))) return undefined;
  return failure(
    'malformed_patch',
    afterFile ? 'A hunk does not follow the one before it.' : 'A hunk stands where no file is named.',
    {
      where: `line ${lines.number} of the patch`,
      expected: afterFile
        ? '@@ -line,count +line,count @@ right behind the hunk before it'
        : '--- a/path and +++ b/path before it',
      found: shownLine(line),
      hint: 'Take the whole patch as it was made.',
    },
  );
}

/** The second name of `Binary files a/x and b/x differ`. One pattern for all of it would try each “and” with the rest of the line. */
function differingFile(line: string): string | undefined {
  const start = /^(?:Binary files|Files) /.exec(line)?.[0].length;
  const and = line.lastIndexOf(AND);
  return start !== undefined && and > start && line.endsWith(DIFFER) ? line.slice(and + AND.length, -DIFFER.length) : undefined;
}

const AND = ' and ';
const DIFFER = ' differ';

function binaryPatch(line: number, path: string): Failure {
  return failure('binary_patch', 'The patch changes a binary file.', {
    where: `line ${line} of the patch: ${shownLine(path)}`,
    hint: 'Leave that file out (`git diff -- "*.c" "*.h"`): no code of the kernel is made from it.',
  });
}
