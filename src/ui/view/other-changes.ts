import type { Changes } from '../../engine/diff/changes.ts';

/** What a change does beside replacing functions, under one heading. */
export interface OtherChanges {
  readonly title: string;
  readonly items: readonly { readonly name: string; readonly text: string }[];
}

const DATA_STATUS = { new: 'new', removed: 'gone', changed: 'changed' } as const;
const DATA_HOW = {
  'in place': 'changed where it stands, and put back by undo',
  copy: 'a copy for the code that uses it',
} as const;

/** Hooks, exports, data and what is left as it is; only what there is any of. */
export function otherChanges(units: readonly Changes[]): readonly OtherChanges[] {
  const hooks = units.flatMap((unit) => unit.hooks);
  const exports = units.flatMap((unit) => unit.exports);
  const data = units.flatMap((unit) => unit.data);
  const ignored = units.flatMap((unit) => unit.ignored);
  const groups: OtherChanges[] = [
    { title: 'Hooks', items: hooks.map(({ kind, function: name }) => ({ name, text: `runs at ${kind}` })) },
    {
      title: 'Exports',
      items: exports.map(({ name, status, gpl }) => ({
        name,
        text:
          status === 'removed' ? 'no longer for modules' : `for modules from now on${gpl ? ', if their licence is the GPL' : ''}`,
      })),
    },
    {
      title: 'Data',
      items: data.map(({ name, status, how }) => ({ name, text: how ? DATA_HOW[how] : DATA_STATUS[status] })),
    },
    {
      title: 'Stays as it is',
      items: ignored.map(({ name, note }) => ({ name, text: note })),
    },
  ];
  return groups.filter(({ items }) => items.length > 0);
}
