import { expect, test } from 'vitest';
import type { Changes } from '../../engine/diff/changes.ts';
import { otherChanges } from './other-changes.ts';

const NOTHING: Changes = {
  object: 'kernel/sys.o',
  verdict: 'changed',
  functions: [],
  data: [],
  hooks: [],
  exports: [],
  lineOnly: [],
  lineOnlyCode: [],
  refusals: [],
  ignored: [],
  pairs: [],
};

test('a change of functions alone has nothing beside it', () => {
  expect(otherChanges([NOTHING])).toEqual([]);
});

test('hooks, exports, data and what stays are told in words, over all units', () => {
  const datum = { section: '.rodata', size: 4, pulledBy: [] };
  const groups = otherChanges([
    { ...NOTHING, hooks: [{ kind: 'pre_apply', function: 'look' }] },
    {
      ...NOTHING,
      object: 'kernel/cpu.o',
      exports: [
        { name: 'a', status: 'new', gpl: true },
        { name: 'b', status: 'removed', gpl: false },
      ],
      data: [
        { ...datum, name: 'weights', status: 'changed', how: 'in place' },
        { ...datum, name: 'count', status: 'new' },
      ],
      ignored: [{ name: 'setup', section: '.init.text', kind: 'boot', note: 'boot is over' }],
    },
  ]);
  expect(groups.map(({ title, items }) => [title, ...items.map(({ name, text }) => `${name}: ${text}`)])).toEqual([
    ['Hooks', 'look: runs at pre_apply'],
    ['Exports', 'a: for modules from now on, if their licence is the GPL', 'b: no longer for modules'],
    ['Data', 'weights: changed where it stands, and put back by undo', 'count: new'],
    ['Stays as it is', 'setup: boot is over'],
  ]);
});
