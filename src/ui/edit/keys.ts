import type { Workspace } from './workspace.svelte.ts';

const TYPING = 'input, textarea, select, [contenteditable]';

/** The editor's own keys. They work everywhere on the page but in the terminal, which keeps what it understands. */
export function editKeys(workspace: () => Workspace): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.target instanceof Element && event.target.closest('[data-region="terminal"]')) return;
    if (document.querySelector('dialog[open]')) return;
    const action = actionOf(event, workspace());
    if (!action) return;
    event.preventDefault();
    action();
  };
}

function actionOf(event: KeyboardEvent, workspace: Workspace): (() => void) | undefined {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (command && !event.shiftKey && event.key.toLowerCase() === 'p') return () => workspace.finder.show();
  // A key that is held down is one press.
  if (command && event.key === 'Enter') return () => void (event.repeat || workspace.run.apply());
  if (command || event.altKey) return undefined;
  if (event.key === 'F8') return () => void workspace.visit(workspace.problems.step(event.shiftKey ? -1 : 1));
  const stoppable = workspace.build.working || workspace.run.conflict !== undefined;
  return event.key === 'Escape' && !event.defaultPrevented && stoppable ? () => workspace.run.cancel() : undefined;
}

/** The patch that a paste outside of any text field brings; nothing if it is something else. */
export function patchOfPaste(event: ClipboardEvent): string | undefined {
  if (event.target instanceof Element && event.target.closest(`${TYPING}, [data-region="terminal"]`)) return undefined;
  const text = event.clipboardData?.getData('text/plain') ?? '';
  return /^--- \S/m.test(text) && /^\+\+\+ \S/m.test(text) ? text : undefined;
}
