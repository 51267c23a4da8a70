import { defaultKeymap, history, historyKeymap, indentLess, insertTab } from '@codemirror/commands';
import { cpp } from '@codemirror/lang-cpp';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter } from '@codemirror/lint';
import { gotoLine, highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { changedLines } from './changed-lines.ts';
import { look } from './look.ts';

/** Keys of the editor that mean something else on this page. */
const TAKEN = ['Mod-Enter'];

/** The state of a file in the editor: C, tabs of eight columns, a history of its own, lines that differ from `original` marked. */
export function sourceState(path: string, text: Text, original: Text): EditorState {
  return EditorState.create({ doc: text, extensions: [...BASE, ...language(path), changedLines(original), named(path)] });
}

const BASE: readonly Extension[] = [
  // Only this ends a line: a carriage return in a file stays what it is.
  EditorState.lineSeparator.of('\n'),
  EditorState.tabSize.of(8),
  indentUnit.of('\t'),
  lintGutter(),
  lineNumbers(),
  highlightActiveLineGutter(),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  bracketMatching(),
  highlightActiveLine(),
  highlightSelectionMatches(),
  search({ top: true }),
  keymap.of([
    // Escape, then Tab, leaves the editor, as the help says.
    { key: 'Tab', run: insertTab, shift: indentLess },
    { key: 'Mod-g', run: gotoLine, preventDefault: true },
    ...searchKeymap.filter(({ key }) => key !== 'Mod-g'),
    ...historyKeymap,
    ...defaultKeymap.filter(({ key }) => !TAKEN.includes(key ?? '')),
  ]),
  // A file that is dropped is a patch, and the page's; CodeMirror would write its text into this one.
  EditorView.domEventHandlers({ drop: ({ dataTransfer }) => dataTransfer?.types.includes('Files') }),
  look,
];

function language(path: string): readonly Extension[] {
  return /\.[ch]$/.test(path) ? [cpp()] : [];
}

function named(path: string): Extension {
  return EditorView.contentAttributes.of({
    'aria-label': `Source of ${path}`,
    'data-region-focus': '',
    spellcheck: 'false',
    autocorrect: 'off',
  });
}
