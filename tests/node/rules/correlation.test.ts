import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Changes } from '../../../src/engine/diff/changes.ts';
import { codes, names, RuleFixtures } from './compiled.ts';

let rules: RuleFixtures;

beforeAll(async () => {
  rules = await RuleFixtures.open();
});

afterAll(() => rules.close());

const decided = (changes: Changes, pre: string) => changes.pairs.find((pair) => pair.pre === pre)?.decidedBy;

describe('correlation by evidence', () => {
  test('a static variable is the one that unchanged code refers to from the same place, whatever its number', async () => {
    const changes = await rules.diff('locals');
    expect(names(changes, 'changed')).toEqual(['first']);
    expect(changes.pairs.length).toBeGreaterThan(1);
    for (const { decidedBy } of changes.pairs) expect(decidedBy).toBe('references');
    expect(changes.data).toMatchObject([{ status: 'new' }]);
  });

  test('in a changed function, what is used beside a variable tells which of two it is', async () => {
    const changes = await rules.diff('scopes');
    expect(changes).toMatchObject({ verdict: 'changed', data: [{ status: 'new' }] });
    expect(changes.pairs).toMatchObject([{ decidedBy: 'references' }]);
  });

  test('of two that change places, each is found by its neighbours and its contents, not by its order', async () => {
    const changes = await rules.diff('blocks');
    expect(changes).toMatchObject({ verdict: 'changed', data: [] });
    expect(changes.pairs).toMatchObject([
      { pre: 'step.0', post: 'step.1' },
      { pre: 'step.1', post: 'step.0' },
    ]);
  });

  test('order decides last, and says so', async () => {
    const changes = await rules.diff('order');
    expect(changes.verdict).toBe('changed');
    expect(changes.pairs.map(({ decidedBy }) => decidedBy)).toEqual(['order', 'order']);
  });

  test('a variable that may be one of two is refused, with the candidates', async () => {
    for (const reversed of [false, true]) {
      const changes = await rules.diff('twins', { reversed });
      expect(changes.verdict).toBe('refused');
      expect(changes.refusals[0]).toMatchObject({ code: 'ambiguous_static', symbol: 'twins' });
      expect(changes.refusals[0]?.message).toContain('count.0 (4 bytes)');
    }
  });

  test('the variable of a function that went into its caller goes with it', async () => {
    const changes = await rules.diff('merged');
    expect(changes).toMatchObject({ verdict: 'changed', data: [] });
    expect(decided(changes, 'count.0')).toBe('references');
  });

  test('the variable of a function that is gone is not given to another function because of its name', async () => {
    expect(codes(await rules.diff('strangers'))).toEqual([['ambiguous_static', 'fresh']]);
  });

  test('a clone is found under another number, and by its contents among several', async () => {
    const changes = await rules.diff('clones');
    expect(names(changes, 'changed')).toEqual(['work.constprop.1']);
    expect(decided(changes, 'lone.isra.0')).toBe('clone');
    expect(changes.pairs).toContainEqual(
      expect.objectContaining({ pre: 'work.constprop.0', post: 'work.constprop.1', decidedBy: 'content' }),
    );
  });

  test('what macros make for one place in the code makes nothing look changed by being renumbered', async () => {
    const changes = await rules.diff('throwaways');
    expect(changes.functions.map(({ name, status }) => [name, status])).toEqual([['added', 'new']]);
    expect(changes.refusals).toEqual([]);
    expect(changes.pairs.some(({ pre, post }) => pre.startsWith('__already_done') && pre !== post)).toBe(true);
    expect(changes.pairs.some(({ pre, post }) => pre.startsWith('__UNIQUE_ID_ddebug') && pre !== post)).toBe(true);
  });

  test('neither does what the compiler makes of switches', async () => {
    const changes = await rules.diff('compiled');
    expect(changes.functions.map(({ name, status }) => [name, status])).toEqual([['added', 'new']]);
    expect(changes.pairs).toMatchObject([{ pre: 'CSWTCH.1', post: 'CSWTCH.3' }]);
  });

  test('nor the names clang gives to static variables', async () => {
    const changes = await rules.diff('spelled');
    expect(changes.functions.map(({ name, status }) => [name, status])).toEqual([['added', 'new']]);
    expect(changes.pairs).toMatchObject([
      { pre: 'walk.count', post: 'walk.count.1', decidedBy: 'references' },
      { pre: 'walk.__key', post: 'walk.__key.7', decidedBy: 'references' },
    ]);
  });
});

describe('the same function in another section', () => {
  test('is not changed, and there is a note', async () => {
    const changes = await rules.diff('moved');
    expect(changes.verdict).toBe('unchanged');
    expect(changes.ignored).toMatchObject([
      {
        name: 'wanderer',
        section: '.text.wanderer',
        kind: 'moved',
        note: expect.stringContaining('.text.unlikely.wanderer') as string,
      },
    ]);
  });

  test('and changed: its old place is what is replaced', async () => {
    const changes = await rules.diff('hot');
    expect(names(changes, 'changed')).toEqual(['runner']);
    expect(changes.functions[0]?.pieces).toMatchObject([
      { pre: { section: '.text.unlikely.runner' }, post: { section: '.text.hot.runner' } },
    ]);
    expect(changes.functions[0]?.reasons).toContainEqual(expect.objectContaining({ kind: 'section', symbol: 'runner' }));
    expect(changes.ignored).toMatchObject([{ name: 'stayer', kind: 'moved' }]);
  });

  test('one new _printk moves a function, and it is the same function still', async () => {
    const changes = await rules.diff('cold');
    expect(names(changes, 'changed')).toEqual(['talks']);
    expect(changes.functions[0]?.pieces).toMatchObject([
      { pre: { section: '.text.talks' }, post: { section: '.text.unlikely.talks' } },
    ]);
  });

  test('today’s sections are known, and one change in them is one change', async () => {
    expect(await rules.diff('sections')).toMatchObject({
      verdict: 'changed',
      functions: [{ name: 'differs', status: 'changed' }],
      data: [],
    });
  });
});
