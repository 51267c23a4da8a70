import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Throttle } from './throttle.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('shows the first at once, then what has gathered, and loses nothing', () => {
  const shown: number[][] = [];
  const throttle = new Throttle<number>((news) => shown.push([...news]));
  for (const news of [1, 2, 3]) throttle.add(news);
  expect(shown).toEqual([[1]]);
  vi.advanceTimersByTime(1000);
  expect(shown).toEqual([[1], [2, 3]]);
  throttle.add(4);
  throttle.add(5);
  throttle.flush();
  expect(shown).toEqual([[1], [2, 3], [4], [5]]);
});
