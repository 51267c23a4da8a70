import { describe, expect, it } from 'vitest';
import { editAddress, isKernelPath, placeAt } from './address.ts';

const LESSONS = [1, 2, 3];

describe('an address', () => {
  it.each([
    ['', 1, 0],
    ['#/2', 2, 0],
    ['#/3/4', 3, 3],
    ['#/9', 1, 0],
    ['#/3/0', 3, 0],
    ['#/<script>', 1, 0],
  ])('%s is lesson %i, step %i', (hash, lesson, step) => {
    expect(placeAt(hash, LESSONS)).toEqual({ kind: 'lesson', lesson, step });
  });

  it.each([
    ['#/edit', {}],
    ['#/edit/', {}],
    ['#/edit/kernel/sys.c', { path: 'kernel/sys.c' }],
    ['#/edit/kernel/sys.c:140', { path: 'kernel/sys.c', line: 140 }],
    ['#/edit/include/linux/a%2Bb.h:0', { path: 'include/linux/a+b.h', line: 1 }],
    ['#/edit?p=S0tJVA', { patch: 'S0tJVA' }],
    ['#/edit?p=', { patch: '' }],
    ['#/edit?lesson=3', { lesson: 3 }],
  ])('%s is the editor', (hash, rest) => {
    expect(placeAt(hash, LESSONS)).toEqual({ kind: 'edit', ...rest });
  });

  it.each(['#/edit/../../etc/passwd', '#/edit/kernel//sys.c', '#/edit/%zz', '#/edit?lesson=9', '#/edit?x=1', '#/edit//kernel'])(
    '%s is broken, and said to be',
    (hash) => {
      expect(placeAt(hash, LESSONS)).toEqual({ kind: 'edit', broken: true });
    },
  );

  it('comes back from the place it was made for', () => {
    expect(placeAt(editAddress('fs/pipe.c', 12), LESSONS)).toEqual({ kind: 'edit', path: 'fs/pipe.c', line: 12 });
    expect(placeAt(editAddress('fs/pipe.c', 1), LESSONS)).toEqual({ kind: 'edit', path: 'fs/pipe.c' });
  });
});

it('takes no path that leaves the tree', () => {
  expect(isKernelPath('arch/x86/kernel/asm-offsets.c')).toBe(true);
  expect(isKernelPath('a/./b')).toBe(false);
  expect(isKernelPath('/etc/passwd')).toBe(false);
  expect(isKernelPath('x'.repeat(201))).toBe(false);
});
