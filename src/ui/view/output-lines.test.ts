import { expect, it } from 'vitest';
import { outputLines } from './output-lines.ts';

it('marks the lines that the other output does not have', () => {
  expect(outputLines('a\nb\nc', 'a\nc').map(({ differs }) => differs)).toEqual([false, true, false]);
  expect(outputLines('a', undefined)).toEqual([{ text: 'a', differs: false }]);
});
