import { diffArrays } from 'diff';
import { splitLines, withoutEnd } from './lines.ts';
import { quoteName } from './name.ts';

const CONTEXT = 3;
/** Lines that differ at most before two texts count as different from their first to their last difference; bounds the work. */
const MOST_EDITS = 4000;
/** As git: a line that begins like this is the heading of what follows. */
const HEADING = /^[A-Za-z_$]/;
const HEADING_LENGTH = 80;

/** A stretch of lines that are equal, or that one side has instead of the other's. */
interface Piece {
  readonly equal: boolean;
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** Writes what changed as git does, with `a/` and `b/`; a text that is undefined is a file that is not there. Equal texts give nothing. */
export function writePatch(
  changes: readonly { readonly path: string; readonly before: string | undefined; readonly after: string | undefined }[],
): string {
  return changes
    .map(({ path, before, after }) => {
      if (before === after) return '';
      const [a, b] = [quoteName(`a/${path}`), quoteName(`b/${path}`)];
      // A tab ends a name with a space in it.
      const end = path.includes(' ') ? '\t' : '';
      const header = [`diff --git ${a} ${b}`];
      if (before === undefined) header.push('new file mode 100644');
      if (after === undefined) header.push('deleted file mode 100644');
      const hunks = writeHunks(splitLines(before ?? ''), splitLines(after ?? ''));
      if (hunks !== '') {
        header.push(before === undefined ? '--- /dev/null' : `--- ${a}${end}`);
        header.push(after === undefined ? '+++ /dev/null' : `+++ ${b}${end}`);
      }
      return `${header.join('\n')}\n${hunks}`;
    })
    .join('');
}

function writeHunks(before: readonly string[], after: readonly string[]): string {
  const pieces = compare(before, after);
  let out = '';
  let [oldLine, newLine] = [0, 0];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    if (!piece || piece.equal) {
      oldLine += piece?.old.length ?? 0;
      newLine += piece?.new.length ?? 0;
      continue;
    }
    const lead = pieces[i - 1]?.old.slice(-CONTEXT) ?? [];
    const body = lead.map((line) => written(' ', line));
    const [oldStart, newStart] = [oldLine - lead.length, newLine - lead.length];
    for (; i < pieces.length; i++) {
      const next = pieces[i];
      if (!next) break;
      const joins = i + 1 < pieces.length && next.old.length <= 2 * CONTEXT;
      if (next.equal && !joins) {
        const trail = next.old.slice(0, CONTEXT);
        body.push(...trail.map((line) => written(' ', line)));
        oldLine += trail.length;
        newLine += trail.length;
        break;
      }
      body.push(...next.old.map((line) => written(next.equal ? ' ' : '-', line)));
      if (!next.equal) body.push(...next.new.map((line) => written('+', line)));
      oldLine += next.old.length;
      newLine += next.new.length;
    }
    const range = (start: number, count: number) => `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`;
    const ranges = `-${range(oldStart, oldLine - oldStart)} +${range(newStart, newLine - newStart)}`;
    out += `@@ ${ranges} @@${heading(before, oldStart)}\n${body.join('')}`;
    // The rest of the equal piece that ended the hunk.
    const rest = (pieces[i]?.old.length ?? 0) - Math.min(CONTEXT, pieces[i]?.old.length ?? 0);
    oldLine += rest;
    newLine += rest;
  }
  return out;
}

function written(kind: string, line: string): string {
  return line.endsWith('\n') ? kind + line : `${kind}${line}\n\\ No newline at end of file\n`;
}

function heading(lines: readonly string[], start: number): string {
  for (let at = start - 1; at >= 0; at--) {
    const line = lines[at] ?? '';
    if (HEADING.test(line)) return ` ${withoutEnd(line).slice(0, HEADING_LENGTH).trimEnd()}`;
  }
  return '';
}

function compare(before: readonly string[], after: readonly string[]): Piece[] {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < least - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const pieces: Piece[] = [];
  const equal = (lines: readonly string[]) => {
    if (lines.length > 0) pieces.push({ equal: true, old: lines, new: lines });
  };
  equal(before.slice(0, head));
  const [old, now] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const parts = diffArrays(old, now, { maxEditLength: MOST_EDITS }) ?? [
    { value: old, removed: true, added: false },
    { value: now, removed: false, added: true },
  ];
  let changed: { old: string[]; new: string[] } | undefined;
  for (const part of parts) {
    if (part.removed || part.added) {
      changed ??= { old: [], new: [] };
      const side = part.removed ? changed.old : changed.new;
      for (const line of part.value) side.push(line);
      continue;
    }
    if (changed) pieces.push({ equal: false, ...changed });
    changed = undefined;
    equal(part.value);
  }
  if (changed) pieces.push({ equal: false, ...changed });
  equal(before.slice(before.length - tail));
  return pieces;
}
