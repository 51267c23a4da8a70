import { EditorSelection } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import type { DraftFiles, Goal } from '../draft-files.svelte.ts';

/** The editor in the element. What it is told goes to the active file. */
export function attachSource(element: HTMLElement, files: DraftFiles): EditorView {
  const view = new EditorView({
    parent: element,
    dispatchTransactions: (transactions, target) => {
      target.update(transactions);
      const file = files.active;
      if (file) files.took(file, target);
    },
  });
  files.attach(view);
  return view;
}

/** Goes to a line and puts the cursor there; without a line, to where the cursor is. */
export function reveal(view: EditorView, { line, column }: Goal): void {
  view.focus();
  if (line === undefined) return;
  const { doc } = view.state;
  const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const at = Math.min(from + Math.max(column - 1, 0), to);
  view.dispatch({
    selection: EditorSelection.cursor(at),
    effects: EditorView.scrollIntoView(at, { y: 'center' }),
  });
}
