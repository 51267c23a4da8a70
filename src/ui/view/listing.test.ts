import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Instruction } from '../../workers/disassembler.ts';
import { alignListings, type ListingRow } from './listing.ts';

const code = (text: string): Instruction[] =>
  [...text].map((letter, offset) => ({ offset, bytes: '90', mnemonic: letter, operands: '', local: false }));

const show = (rows: readonly ListingRow[]) =>
  rows
    .map((row) => {
      if (row.kind === 'fold') return `(${row.count})`;
      if (row.kind === 'same') return row.pre.mnemonic;
      return `[${row.pre?.mnemonic ?? ''}>${row.post?.mnemonic ?? ''}]`;
    })
    .join('');

it('folds what is equal and far from a difference', () => {
  expect(show(alignListings(code('abcdefghij'), code('abcdefXghij')))).toBe('(3)def[>X]ghi' + 'j');
  expect(show(alignListings(code('abc'), code('abc')))).toBe('(3)');
});

it('puts a change side by side', () => {
  expect(show(alignListings(code('abcd'), code('aXcd')))).toBe('a[b>X]cd');
});

it('takes jumps inside the function as equal though they moved', () => {
  const jump = (operands: string): Instruction => ({ offset: 0, bytes: '', mnemonic: 'je', operands, local: true });
  expect(alignListings([jump('+0x10')], [jump('+0x17')])).toMatchObject([{ kind: 'same' }]);
});

it('loses no instruction and keeps the order', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 40 });
  fc.assert(
    fc.property(text, text, (pre, post) => {
      const rows = alignListings(code(pre), code(post));
      let left = 0;
      let right = 0;
      for (const row of rows) {
        if (row.kind === 'fold') {
          expect(pre.slice(left, left + row.count)).toBe(post.slice(right, right + row.count));
          left += row.count;
          right += row.count;
        } else {
          if (row.pre) expect(row.pre.offset).toBe(left++);
          if (row.post) expect(row.post.offset).toBe(right++);
          if (row.kind === 'same') expect(row.pre.mnemonic).toBe(row.post.mnemonic);
        }
      }
      expect([left, right]).toEqual([pre.length, post.length]);
    }),
  );
});
