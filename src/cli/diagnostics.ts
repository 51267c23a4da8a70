import type { Diagnostic } from '../engine/toolchain/diagnostic.ts';

/** Gives a file's text as it was compiled; undefined if it is not at hand. */
type TextOf = (path: string) => string | undefined;

/** Most messages shown; a header at fault can bring hundreds. */
const MOST = 20;
const SOURCE_LENGTH = 200;

/** What the compiler said, as compilers print it: file:line:column, message, the line of source and a mark below it. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], textOf: TextOf): string[] {
  const lines = diagnostics.slice(0, MOST).flatMap((diagnostic, i) => {
    const { path, function: name } = diagnostic;
    const before = diagnostics[i - 1];
    const repeated = name !== undefined && before?.path === path && before.function === name;
    return [...(name === undefined || repeated ? [] : [`${path}: In function ‘${name}’:`]), ...render(diagnostic, textOf)];
  });
  if (diagnostics.length > MOST) lines.push(`… and ${diagnostics.length - MOST} more messages; --json has them all`);
  return lines;
}

function render(diagnostic: Diagnostic, textOf: TextOf): string[] {
  const { path, line, column, severity, message, option, includedFrom = [], children } = diagnostic;
  const place = `${path}:${line}${column > 0 ? `:${column}` : ''}`;
  const lines = includedFrom.map(
    (from, i) => `${i === 0 ? 'In file included from' : '                 from'} ${from.path}:${from.line}:`,
  );
  lines.push(`${place}: ${severity}: ${message}${option === undefined ? '' : ` [${option}]`}`);
  lines.push(...excerpt(diagnostic, textOf));
  return [...lines, ...children.flatMap((child) => render(child, textOf))];
}

function excerpt({ path, line, column, endColumn }: Diagnostic, textOf: TextOf): string[] {
  const source = textOf(path)?.split('\n', line)[line - 1]?.replace(/\r$/, '');
  if (source === undefined) return [];
  const shown = [`${String(line).padStart(6)} | ${source.slice(0, SOURCE_LENGTH)}`];
  if (column > 0 && column <= SOURCE_LENGTH) {
    // Tabs stay tabs, so that the mark stands below the text however wide they are.
    const before = source.slice(0, column - 1).replace(/[^\t]/g, ' ');
    const width = Math.max(1, Math.min(endColumn ?? 0, source.length + 1) - column);
    shown.push(`       | ${before}^${'~'.repeat(width - 1)}`);
  }
  return shown;
}
