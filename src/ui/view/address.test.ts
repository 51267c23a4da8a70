import { expect, it } from 'vitest';
import { lessonAt } from './address.ts';

it.each([
  ['#/3/2', { lesson: 3, step: 1 }],
  ['#/3', { lesson: 3, step: 0 }],
  ['', { lesson: 1, step: 0 }],
  ['#/9/1', { lesson: 1, step: 0 }],
  ['#/3/0', { lesson: 3, step: 0 }],
  ['#/<script>', { lesson: 1, step: 0 }],
])('reads %s', (hash, place) => expect(lessonAt(hash, [1, 2, 3])).toEqual(place));
