import type { Diagnostic } from './diagnostic.ts';

/** Turns columns from bytes, as the compiler counts, into UTF-16 units, as editors do. `textOf` gives a file's text if it is at hand. */
export function inEditorColumns(diagnostic: Diagnostic, textOf: (path: string) => string | undefined): Diagnostic {
  const lines = new Map<string, readonly string[] | undefined>();
  const lineOf = (path: string, line: number): string | undefined => {
    if (!lines.has(path)) lines.set(path, textOf(path)?.split('\n'));
    return lines.get(path)?.[line - 1];
  };
  const convert = (item: Diagnostic): Diagnostic => {
    const children = item.children.map(convert);
    const text = lineOf(item.path, item.line);
    if (text === undefined || item.column === 0) return { ...item, children };
    const column = fromBytes(text, item.column);
    const { endColumn } = item;
    return { ...item, column, ...(endColumn !== undefined && { endColumn: fromBytes(text, endColumn) }), children };
  };
  return convert(diagnostic);
}

/** Column in UTF-16 units of a column in bytes of UTF-8, both from 1. */
function fromBytes(text: string, column: number): number {
  let bytes = 1;
  let units = 1;
  for (const character of text) {
    if (bytes >= column) break;
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    units += character.length;
  }
  // What lies behind the end of the line, such as the place of a missing semicolon.
  return units + Math.max(0, column - bytes);
}
