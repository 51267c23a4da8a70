import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchLists } from './match.ts';

it('matches equal items in rising order only', () => {
  const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
  fc.assert(
    fc.property(list, list, (a, b) => {
      let before: readonly [number, number] = [-1, -1];
      for (const [i, j] of matchLists(a, b)) {
        expect(a[i]).toBe(b[j]);
        expect(i > before[0] && j > before[1]).toBe(true);
        before = [i, j];
      }
    }),
  );
});

it('finds the longest common subsequence', () => {
  expect(matchLists([...'abcabba'], [...'cbabac'])).toHaveLength(4);
});

it('stays bounded where thousands of items differ, and finds its way by those that are unique', () => {
  const side = (name: string) => Array.from({ length: 20_000 }, (_, i) => (i % 10 === 0 ? `anchor ${i}` : `${name} ${i}`));
  const began = performance.now();
  const matches = matchLists(side('pre'), side('post'));
  expect(matches).toHaveLength(2000);
  expect(performance.now() - began).toBeLessThan(10_000);
});
