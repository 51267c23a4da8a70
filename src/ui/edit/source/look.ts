import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags as t } from '@lezer/highlight';

/** The editor in the page's own colours; they follow the theme by themselves. */
const frame = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: 'var(--code-size)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', fontVariantLigatures: 'none' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '0.2857rem 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection': {
    backgroundColor: 'color-mix(in oklab, var(--accent-fill) 28%, transparent)',
  },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', borderRight: '1px solid var(--line)' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '3.2em', paddingRight: '0.6em', fontSize: '0.9em' },
  '.cm-gutter-lint': { width: '1em' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in oklab, var(--sunken) 55%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--sunken)', color: 'var(--ink)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--old-wash)' },
  '.cm-searchMatch': { backgroundColor: 'var(--accent-wash)', outline: '1px solid var(--accent-fill)' },
  '.cm-searchMatch-selected': { backgroundColor: 'color-mix(in oklab, var(--accent-fill) 45%, transparent)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-wash)', outline: '1px solid var(--accent-fill)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--alarm-wash)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--ink)', fontFamily: 'var(--sans)' },
  '.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panels input, .cm-panels button': {
    font: '400 var(--small) / 1.5 var(--sans)',
    color: 'var(--ink)',
    backgroundColor: 'var(--surface)',
    backgroundImage: 'none',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius)',
  },
  '.cm-panel button[name=close]': { border: '0', background: 'none', color: 'var(--ink-2)', fontSize: '1.1429rem' },
  '.cm-panel.cm-gotoLine, .cm-panel.cm-search': { padding: '0.3571rem 0.7143rem' },
  '.cm-panel input:focus-visible': { outlineOffset: '0' },
  '.cm-panel.cm-search label': { fontSize: 'var(--small)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius)',
    boxShadow: 'var(--shadow)',
    fontFamily: 'var(--sans)',
  },
  '.cm-diagnostic': { padding: '0.3571rem 0.7143rem', borderLeft: '3px solid var(--ink-3)', whiteSpace: 'pre-wrap' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--alarm)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--accent-fill)' },
  '.cm-lintRange': { backgroundImage: 'none', textDecoration: 'underline wavy', textUnderlineOffset: '0.2em' },
  '.cm-lintRange-error': { textDecorationColor: 'var(--alarm)', backgroundColor: 'var(--alarm-wash)' },
  '.cm-lintRange-warning': { textDecorationColor: 'var(--accent-fill)' },
  '.cm-lint-marker-error, .cm-lint-marker-warning, .cm-lint-marker-info': { content: 'none', width: '0.8em', height: '0.8em' },
  '.cm-lint-marker-error': { background: 'var(--alarm)', clipPath: 'polygon(50% 0, 100% 100%, 0 100%)' },
  '.cm-lint-marker-warning': { background: 'var(--accent-fill)', borderRadius: '50%' },
  '.cm-lint-marker-info': { background: 'var(--ink-3)', borderRadius: '50%' },
  '.cm-changed': { width: '0.3571rem', padding: '0' },
  '.cm-changed .cm-gutterElement': { padding: '0' },
  '.cm-line-added, .cm-line-edited': { height: '100%', marginLeft: '1px', background: 'var(--accent-fill)' },
  '.cm-line-edited': {
    background: 'repeating-linear-gradient(-45deg, var(--accent-fill) 0 3px, var(--accent-wash) 3px 5px)',
  },
  '.cm-line-removed': {
    height: '0',
    borderLeft: '5px solid var(--ink-3)',
    borderTop: '4px solid transparent',
    borderBottom: '4px solid transparent',
    transform: 'translateY(-4px)',
  },
});

const code = HighlightStyle.define([
  { tag: [t.comment, t.lineComment, t.blockComment], color: 'var(--ink-3)', fontStyle: 'italic' },
  { tag: [t.keyword, t.controlKeyword, t.modifier, t.operatorKeyword, t.definitionKeyword], color: 'var(--code-word)' },
  { tag: [t.typeName, t.standard(t.typeName)], color: 'var(--code-type)' },
  { tag: [t.string, t.character, t.special(t.string)], color: 'var(--code-text)' },
  { tag: [t.number, t.bool, t.null, t.escape], color: 'var(--code-number)' },
  { tag: [t.processingInstruction, t.meta, t.macroName], color: 'var(--code-macro)' },
  { tag: [t.function(t.definition(t.variableName))], fontWeight: '500' },
]);

export const look: readonly Extension[] = [frame, syntaxHighlighting(code)];
