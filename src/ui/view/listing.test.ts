import { expect, it } from 'vitest';
import type { Row } from '../../engine/why/why.ts';
import { countRows, foldRows, lookOf } from './listing.ts';

/** A small letter is an equal row, a capital one that differs, a digit one whose distance differs. */
const rows = (text: string): Row[] =>
  [...text].map((letter, offset) => {
    const line = { offset, bytes: '90', mnemonic: letter, operands: '', notes: [] };
    const kind = /[A-Z]/.test(letter) ? 'immediate' : 'distance';
    return { pre: line, post: line, differences: /[a-z]/.test(letter) ? [] : [{ kind, text: '' }] };
  });

const show = (text: string, opened: number[] = []): string =>
  foldRows(rows(text), new Set(opened))
    .map((item) => (item.kind === 'fold' ? `(${item.count})` : (item.row.pre?.mnemonic ?? '')))
    .join('');

it('folds what is equal and far from a difference', () => {
  expect(show('abcdefghijXklmnopq')).toBe('(7)hijXklm(4)');
  expect(show('abc')).toBe('(3)');
  expect(show('aX')).toBe('aX');
});

it('opens a fold by its first row, and no other', () => {
  expect(show('abcdefghijXklmnopq', [0])).toBe('abcdefghijXklm(4)');
  expect(show('abcdefghijXklmnopq', [14])).toBe('(7)hijXklmnopq');
});

it('tells a difference that means nothing from one that does', () => {
  expect(rows('aX1').map(lookOf)).toEqual(['same', 'changed', 'quiet']);
  expect(countRows(rows('aXY1'))).toEqual({ differing: 2, quiet: 1 });
});
