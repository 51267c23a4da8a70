import { setDiagnostics, type Diagnostic as Mark } from '@codemirror/lint';
import type { EditorState, Text, TransactionSpec } from '@codemirror/state';
import type { Diagnostic } from '../../../workers/toolchain-types.ts';

/** What the compiler says of a file, as marks in its text. From then on they move with the text. */
export function markProblems(state: EditorState, path: string, problems: readonly Diagnostic[]): TransactionSpec {
  const marks = problems.flatMap((problem) => placesIn(path, problem));
  return setDiagnostics(
    state,
    marks.map((problem) => markOf(state.doc, problem)),
  );
}

/** Where a problem shows in a file: itself and its notes; if they are all elsewhere, the line that includes the header at fault. */
function placesIn(path: string, problem: Diagnostic): readonly Diagnostic[] {
  const here = [problem, ...problem.children].filter((place) => place.path === path);
  if (here.length > 0) return here;
  const include = problem.includedFrom?.find((place) => place.path === path);
  return include ? [{ ...problem, line: include.line, column: 0, endColumn: undefined }] : [];
}

function markOf(doc: Text, { severity, message, line, column, endColumn, option }: Diagnostic): Mark {
  const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const start = Math.min(from + Math.max(column - 1, 0), to);
  const end = endColumn === undefined ? wordEnd(doc, start, to) : Math.min(from + endColumn - 1, to);
  return {
    from: start,
    to: Math.max(start, end),
    severity: severity === 'note' ? 'info' : severity,
    message: option ? `${message} [${option}]` : message,
  };
}

function wordEnd(doc: Text, from: number, to: number): number {
  const word = /^\w+|^\S/.exec(doc.sliceString(from, to));
  return from + (word?.[0].length ?? 0);
}
