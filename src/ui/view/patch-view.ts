/** A unified diff, ready to be shown line by line. */
export interface PatchFile {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  readonly hunks: readonly PatchHunk[];
}

export interface PatchHunk {
  /** What follows the second @@: usually the function the hunk is in. */
  readonly context: string;
  readonly lines: readonly PatchLine[];
}

export interface PatchLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  readonly before?: number;
  readonly after?: number;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** Reads a unified diff for display. Lines outside of hunks (a mail's head, `index` lines) are left out. */
export function viewPatch(text: string): readonly PatchFile[] {
  const files: { path: string; added: number; removed: number; hunks: { context: string; lines: PatchLine[] }[] }[] = [];
  let before = 0;
  let after = 0;
  let beforeEnd = 0;
  let afterEnd = 0;
  for (const line of text.split('\n')) {
    const file = files.at(-1);
    const lines = before < beforeEnd || after < afterEnd ? file?.hunks.at(-1)?.lines : undefined;
    const head = lines ? null : HUNK.exec(line);
    if (file && head) {
      before = Number(head[1]);
      beforeEnd = before + Number(head[2] ?? 1);
      after = Number(head[3]);
      afterEnd = after + Number(head[4] ?? 1);
      file.hunks.push({ context: head[5] ?? '', lines: [] });
    } else if (file && lines && line.startsWith('+')) {
      lines.push({ kind: 'added', text: line.slice(1), after: after++ });
      file.added += 1;
    } else if (file && lines && line.startsWith('-')) {
      lines.push({ kind: 'removed', text: line.slice(1), before: before++ });
      file.removed += 1;
    } else if (lines && (line.startsWith(' ') || line === '')) {
      lines.push({ kind: 'same', text: line.slice(1), before: before++, after: after++ });
    } else if (!lines && line.startsWith('+++ ')) {
      const path = line.slice(4).replace(/\t.*$/, '').replace(/^b\//, '');
      files.push({ path, added: 0, removed: 0, hunks: [] });
    }
  }
  return files;
}
