import { expect, it } from 'vitest';
import { about } from './words.ts';

it.each([
  [0.4, 'about a second'],
  [1.6, 'about 2 s'],
  [88, 'about 88 s'],
  [372, 'about 6 min'],
])('%d s is %s', (seconds, words) => expect(about(seconds)).toBe(words));
