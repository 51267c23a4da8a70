/** The lines of a text; each keeps its line feed, the last may have none. */
export function splitLines(text: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    lines.push(text.slice(at, end));
    at = end;
  }
  return lines;
}

/** A line of a patch as a failure shows it: the patch decides how long it is. */
export function shownLine(line: string): string {
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line;
}

const SHOWN_LENGTH = 160;

/** A line without what ends it. */
export function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/, '');
}

/** A patch's lines, read one after the other. A patch whose headers end in CR LF was converted whole: its CRs are not text. */
export class PatchLines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    const converted = /^(?:diff --git .*\r\n|--- .*\r\n\+\+\+ .*\r\n@@ -)/m.test(text);
    const lines = text.split(converted ? /\r?\n/ : '\n');
    if (lines.at(-1) === '') lines.pop();
    this.#lines = lines;
  }

  get ended(): boolean {
    return this.#at >= this.#lines.length;
  }

  /** Number of the next line, from 1. */
  get number(): number {
    return this.#at + 1;
  }

  /** The line that many after the next one; empty behind the end. */
  peek(ahead = 0): string {
    return this.#lines[this.#at + ahead] ?? '';
  }

  next(): string {
    const line = this.peek();
    this.#at++;
    return line;
  }
}
