import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Changes } from '../../../src/engine/diff/changes.ts';
import { diffObjects } from '../../../src/engine/diff/diff.ts';
import { sourceName } from '../../../src/engine/diff/names.ts';
import { readElf } from '../../../src/engine/elf/reader.ts';
import { writeElf } from '../../../src/engine/elf/writer.ts';
import { must } from '../support.ts';
import { FIXTURES, names, RuleFixtures } from './compiled.ts';

let rules: RuleFixtures;

beforeAll(async () => {
  rules = await RuleFixtures.open();
});

afterAll(() => rules.close());

describe('every fixture', () => {
  test.each(FIXTURES)('%s: an object and the same one laid out otherwise are unchanged', async (name) => {
    for (const object of Object.values(await rules.pair(name)) as Uint8Array[]) {
      const again = writeElf(must(readElf(object)));
      const changes = must(diffObjects(object, again, { objectPath: `rules/${name}.o` }));
      expect(changes).toMatchObject({ functions: [], data: [], lineOnly: [], ignored: [] });
      // What is unknown stays refused even where it is the same.
      if (!['strange', 'hook_unknown', 'hook_elsewhere'].includes(name))
        expect(changes).toMatchObject({ verdict: 'unchanged', refusals: [] });
    }
  });

  test.each(FIXTURES)('%s: what changes one way changes the other way', async (name) => {
    const there = await rules.diff(name);
    const back = await rules.diff(name, { reversed: true });
    // A clone goes by the name it had.
    const sources = (changes: Changes, status: string) => names(changes, status).map(sourceName).sort();
    expect(sources(back, 'changed')).toEqual(sources(there, 'changed'));
    expect(sources(back, 'removed')).toEqual(sources(there, 'new'));
    expect(back.lineOnly).toEqual(there.lineOnly);
    const told = (changes: Changes, side: 'pre' | 'post', other: 'pre' | 'post') =>
      changes.pairs.map((pair) => `${pair[side]} ${pair[other]} ${pair.decidedBy}`).sort();
    expect(told(back, 'post', 'pre')).toEqual(told(there, 'pre', 'post'));
  });
});
