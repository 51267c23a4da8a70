import { failure, success, type Result } from '../failure.ts';
import { shownLine, type PatchLines } from './lines.ts';
import type { Hunk, HunkLine } from './patch.ts';

const HEADER = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)$/;
/** Blank lines that an editor or a mail program may have cut off the end of a patch. */
const CUT_LINES = 3;
const DAMAGED =
  'The patch was edited by hand, cut off, or wrapped by a mail program. Take the file itself, or make it anew with `git diff`.';

/** True if a hunk begins with this line. */
export function isHunkHeader(line: string): boolean {
  return HEADER.test(line);
}

/** Reads the hunk that begins with the next line. Its counts must be right, or nobody can tell where it ends. */
export function parseHunk(lines: PatchLines, lossy: boolean): Result<Hunk> {
  const at = lines.number;
  const match = HEADER.exec(lines.next());
  const number = (group: number) => Number(match?.[group] ?? 1);
  const header = { line: at, oldStart: number(1), oldCount: number(2), newStart: number(3), newCount: number(4) };
  const body: HunkLine[] = [];
  let [oldLeft, newLeft] = [header.oldCount, header.newCount];
  while (oldLeft > 0 || newLeft > 0) {
    if (lines.ended && oldLeft === newLeft && oldLeft <= CUT_LINES) {
      for (; oldLeft > 0; oldLeft--) body.push({ kind: ' ', text: '\n' });
      break;
    }
    const here = lines.number;
    const found = lines.ended ? undefined : lines.next();
    if (found?.startsWith('\\') && removeLineFeed(body)) continue;
    const kind = kindOf(found);
    if (found === undefined || !kind || (kind !== '+' && oldLeft === 0) || (kind !== '-' && newLeft === 0)) {
      return failure('malformed_patch', 'A hunk has other lines than its header says.', {
        where: `line ${here} of the patch`,
        expected: `${oldLeft} more from before and ${newLeft} from after the change (the hunk begins on line ${at})`,
        found: found === undefined ? 'the end of the patch' : shownLine(found),
        hint: DAMAGED,
      });
    }
    if (lossy && found.includes('\uFFFD')) {
      return failure('patch_encoding', 'A line of the patch is not UTF-8.', {
        where: `line ${here} of the patch`,
        found: shownLine(found),
        hint: 'Save the patch as UTF-8.',
      });
    }
    if (kind !== '+') oldLeft--;
    if (kind !== '-') newLeft--;
    body.push({ kind, text: `${found.slice(1)}\n` });
  }
  if (lines.peek().startsWith('\\') && removeLineFeed(body)) lines.next();
  const more = extraLine(lines);
  if (more !== undefined) {
    return failure('malformed_patch', 'A hunk has more lines than its header says.', {
      where: `line ${lines.number} of the patch`,
      expected: `${header.oldCount} lines before and ${header.newCount} after the change (the hunk begins on line ${at})`,
      found: shownLine(more),
      hint: DAMAGED,
    });
  }
  return success({ ...header, section: match?.[5] ?? '', lines: body });
}

/** A blank line is a blank line of context whose one space was cut off. */
function kindOf(line: string | undefined): HunkLine['kind'] | undefined {
  const first = line === '' ? ' ' : line?.charAt(0);
  return first === ' ' || first === '-' || first === '+' ? first : undefined;
}

/** What `\ No newline at end of file` (in whatever language) does to the line before it. */
function removeLineFeed(body: HunkLine[]): boolean {
  const last = body.pop();
  if (!last) return false;
  body.push({ kind: last.kind, text: last.text.replace(/\n$/, '') });
  return true;
}

/** A line behind the hunk that can only belong to it; a mail's signature mark, the next file or other text cannot. */
function extraLine(lines: PatchLines): string | undefined {
  const line = lines.peek();
  if (lines.ended || !/^[-+ ]/.test(line) || /^-- ?$/.test(line)) return undefined;
  return line.startsWith('--- ') && lines.peek(1).startsWith('+++ ') ? undefined : line;
}
