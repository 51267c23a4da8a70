import type { Lab } from './state/lab.svelte.ts';

/** The keys of the page, as the help dialog lists them. */
export const KEYS: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ['F6'], does: 'next pane; with Shift the one before. Works in the terminal too.' },
  { keys: ['Ctrl', '`'], does: 'into the terminal, and out of it' },
  { keys: ['→', '←'], does: 'next step of the lesson, step before' },
  { keys: ['PgDn', 'PgUp'], does: 'the same; clickers send these' },
  { keys: ['1', '…', '5'], does: 'open a lesson' },
  { keys: ['E'], does: 'open the editor' },
  { keys: ['C'], does: 'run the check, or the editor’s command' },
  { keys: ['A'], does: 'apply the patch; in the editor: compile and splice' },
  { keys: ['U'], does: 'undo it' },
  { keys: ['R'], does: 'reset to the snapshot' },
  { keys: ['T'], does: 'light, dark, or as the system' },
  { keys: ['?'], does: 'this help' },
];

/** Keys of the editor, which the help dialog lists apart. */
export const EDIT_KEYS: typeof KEYS = [
  { keys: ['Ctrl', 'P'], does: 'find a file or a function; name:120 goes to a line' },
  { keys: ['Ctrl', 'Enter'], does: 'compile and splice' },
  { keys: ['Esc'], does: 'cancel the build' },
  { keys: ['F8'], does: 'next problem; with Shift the one before' },
  { keys: ['Ctrl', 'F'], does: 'search in the file' },
  { keys: ['Ctrl', 'G'], does: 'go to a line' },
  { keys: ['Esc', 'Tab'], does: 'out of the source by Tab' },
];

/** Panes in the order F6 goes round. Each has this attribute on the element that takes the focus. */
const PANE = '[data-region]';
const TYPING = 'input, textarea, select, [contenteditable]';

interface Targets {
  readonly lab: () => Lab;
  readonly toggleHelp: () => void;
}

/** The page's key handler. Keys that belong to the element in focus (typing, tabs, splitters, scrolling) are left to it. */
export function shortcuts({ lab, toggleHelp }: Targets): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key === 'F6' && !event.ctrlKey && !event.altKey && !event.metaKey)
      return take(event, () => movePane(event.shiftKey ? -1 : 1));
    if (event.key === '`' && event.ctrlKey) return take(event, toggleTerminal);
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]'))
      return;
    if (!lab().singleKeys.on && event.key.length === 1) return;
    const target = event.target instanceof Element ? event.target : document.body;
    const action = target.closest('[data-region="terminal"]')
      ? steps(lab())[event.key]
      : actionsAt(target, lab(), toggleHelp)[event.key];
    if (action && (event.key.startsWith('Page') || !target.closest(TYPING))) take(event, action);
  };
}

type Actions = Readonly<Record<string, (() => void) | undefined>>;

function actionsAt(target: Element, lab: Lab, toggleHelp: () => void): Actions {
  const { PageDown, PageUp } = target.closest('[data-scrolls]') ? {} : steps(lab);
  const arrows = target.closest('[role="tablist"], [role="separator"]')
    ? {}
    : { ArrowRight: steps(lab).PageDown, ArrowLeft: steps(lab).PageUp };
  const lessons = Object.fromEntries(lab.lessons.map(({ number }) => [String(number), () => lab.open(number)]));
  return {
    ...lessons,
    ...arrows,
    PageDown,
    PageUp,
    '?': toggleHelp,
    e: () => lab.edit(),
    c: () => void lab.acting?.check(),
    a: () => void lab.acting?.apply(),
    u: () => void lab.acting?.undo(),
    r: () => void lab.reset(),
    t: () => lab.theme.choose(lab.theme.following),
  };
}

function steps(lab: Lab): { PageDown?: () => void; PageUp?: () => void; readonly [key: string]: (() => void) | undefined } {
  if (lab.editing) return {};
  return { PageDown: () => lab.goToStep(lab.step + 1), PageUp: () => lab.goToStep(lab.step - 1) };
}

function take(event: KeyboardEvent, action: () => void): void {
  event.preventDefault();
  action();
}

function movePane(by: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>(PANE)];
  // The innermost: the editor's bench is a pane inside a pane.
  const at = panes.findLastIndex((pane) => pane.contains(document.activeElement));
  focusPane(panes[(at + by + panes.length) % panes.length]);
}

function toggleTerminal(): void {
  const inside = document.activeElement?.closest('[data-region="terminal"]');
  focusPane(
    document.querySelector<HTMLElement>(inside ? '[data-region="lesson"], [data-region="editor"]' : '[data-region="terminal"]'),
  );
}

/** The pane itself takes the focus, or what it names: the terminal's own input, for example. */
function focusPane(pane: HTMLElement | null | undefined): void {
  (pane?.querySelector<HTMLElement>('[data-region-focus], textarea.xterm-helper-textarea') ?? pane)?.focus();
}
