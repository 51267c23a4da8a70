import { expect, it } from 'vitest';
import { parts } from './hit-parts.ts';

const hit = (marks: [number, number][]) => ({ kind: 'file', name: 'kernel/sys.c', path: 'kernel/sys.c', marks }) as const;
const words = (marks: [number, number][]) =>
  parts(hit(marks))
    .map(({ text, marked }) => (marked ? `[${text}]` : text))
    .join('');

it('marks what matches', () => {
  expect(words([])).toBe('kernel/sys.c');
  expect(
    words([
      [0, 2],
      [7, 12],
    ]),
  ).toBe('[ke]rnel/[sys.c]');
});

it('loses nothing of the name, whatever the marks say', () => {
  for (const marks of [
    [[5, 3]],
    [[0, 99]],
    [
      [3, 6],
      [4, 8],
    ],
  ] as [number, number][][])
    expect(words(marks).replaceAll(/[[\]]/g, '')).toBe('kernel/sys.c');
});
