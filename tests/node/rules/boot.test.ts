import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Changes } from '../../../src/engine/diff/changes.ts';
import { REFUSALS } from '../../../src/engine/diff/refusal.ts';
import { createUpdate } from '../../../src/engine/update/create.ts';
import { readUpdate } from '../../../src/engine/update/read.ts';
import { must, openPack } from '../support.ts';
import { codes, FOLDER, names, RuleFixtures } from './compiled.ts';

let rules: RuleFixtures;

beforeAll(async () => {
  rules = await RuleFixtures.open();
});

afterAll(() => rules.close());

const noted = ({ ignored }: Changes) => ignored.map(({ name, kind, note }) => [name, kind, note]);
const unitOf = async (name: string) => ({ path: `rules/${name}.o`, ...(await rules.pair(name)) });
const LEFT = 'nothing to ship';

describe('boot code', () => {
  test('that is all that differs leaves the unit unchanged, and is told', async () => {
    const changes = await rules.diff('boot');
    expect(changes.verdict).toBe('unchanged');
    expect(noted(changes)).toEqual([
      ['setup', 'boot', `boot code differs: it has already run, ${LEFT}`],
      ['setup_value', 'boot', `boot data differs: boot has used it already, ${LEFT}`],
    ]);
  });

  test('beside code that runs is refused, with function, line, rule and way out', async () => {
    const changes = await rules.diff('boot_beside');
    expect(changes).toMatchObject({ verdict: 'refused', ignored: [] });
    expect(codes(changes)).toEqual(['setup', 'leave', 'setup_value', 'added'].map((name) => ['init_changed', name]));
    const source = readFileSync(join(FOLDER, 'boot_beside.c'), 'latin1').split('\n');
    expect(changes.refusals[0]).toEqual({
      code: 'init_changed',
      symbol: 'setup',
      section: '.init.text',
      file: 'rules/boot_beside.c',
      line: source.findIndex((line) => line.includes('BUG_AT')) + 1,
      message: 'setup is changed boot code, and it has already run.',
      rule: REFUSALS.init_changed.rule,
      hint: REFUSALS.init_changed.remedy,
      allowable: true,
    });
    expect(changes.refusals.map(({ message }) => message).slice(1)).toEqual([
      'leave is changed exit code, which a kernel never runs.',
      'setup_value is changed boot data, and boot has used it already.',
      'added is new boot code, and the kernel has booted without it.',
    ]);
  });

  test('beside code that runs is left out if that is allowed, and the update says so', async () => {
    const kernel = (await openPack()).manifest;
    const units = [await unitOf('boot_beside')];
    expect(createUpdate({ id: 'boot', kernel, units, timestamp: 0 })).toMatchObject({
      ok: false,
      code: 'init_changed',
      hint: expect.stringContaining('--allow init_changed') as string,
    });
    const made = must(createUpdate({ id: 'boot', kernel, units, timestamp: 0, allow: ['init_changed'] }));
    const [changes] = must(readUpdate(made.tarball)).changes ?? [];
    if (!changes) throw new Error('The update does not say what it changes.');
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [], functions: [{ name: 'run' }] });
    expect(noted(changes).map(([name]) => name)).toEqual(['setup', 'leave', 'setup_value', 'added']);
    expect(noted(changes)[0]?.[2]).toBe(`boot code differs: it has already run, ${LEFT} (left out, as was allowed)`);
  });

  test('in which only lines moved, or data has another number in its name, is as it was', async () => {
    const changes = await rules.diff('boot_lines');
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [], ignored: [], functions: [{ name: 'run' }] });
    expect(changes.lineOnly).toEqual(['once', 'setup', 'waits']);
  });

  test('that is gone has no new half that could be missing; what it was made for any time of is a new function', async () => {
    const changes = await rules.diff('boot_gone');
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [] });
    expect(names(changes, 'new')).toEqual(['setup']);
    expect(noted(changes)).toEqual([['other', 'boot', `boot code is gone: it has already run, ${LEFT}`]]);
  });

  test('that a function minded before is no matter', async () => {
    expect(await rules.diff('boot_minded')).toMatchObject({ verdict: 'changed', refusals: [], functions: [{ name: 'run' }] });
  });

  test('that an initcall of another number and line leads to is the same', async () => {
    expect(await rules.diff('initcall')).toMatchObject({ verdict: 'unchanged', ignored: [], refusals: [] });
  });
});

describe('new functions that nothing comes to but boot code, or nothing at all', () => {
  test('leave the unit unchanged, with a note', async () => {
    const changes = await rules.diff('unused');
    expect(changes).toMatchObject({ verdict: 'unchanged', refusals: [] });
    expect(names(changes, 'new')).toEqual(['for_boot', 'for_others']);
    expect(noted(changes).slice(1)).toEqual([
      ['for_boot', 'unused', 'new, and only boot code refers to it (setup), unless another unit of the update does'],
      ['for_others', 'unused', 'new, and nothing refers to it, unless another unit of the update does'],
    ]);
  });

  test('make no update, and then one if another unit refers to them', async () => {
    const kernel = (await openPack()).manifest;
    const unused = await unitOf('unused');
    const alone = createUpdate({ id: 'alone', kernel, units: [unused], timestamp: 0 });
    expect(alone).toMatchObject({ code: 'nothing_to_ship', found: expect.stringContaining('for_others') as string });
    const other = await unitOf('boot');
    const made = must(createUpdate({ id: 'both', kernel, units: [unused, other, await unitOf('asks')], timestamp: 0 }));
    const { changes, targets } = must(readUpdate(made.tarball));
    expect(changes?.map(({ object, verdict }) => [object, verdict])).toEqual([
      ['rules/unused.o', 'changed'],
      ['rules/boot.o', 'unchanged'],
      ['rules/asks.o', 'changed'],
    ]);
    expect(targets[0]?.newCode.contents.symbols.map(({ label }) => label)).not.toContain('for_others');
  });
});

describe('a name that other files know', () => {
  test('and that goes away is told; the running kernel keeps what it named', async () => {
    const changes = await rules.diff('gone');
    expect(changes).toMatchObject({ verdict: 'unchanged', refusals: [] });
    expect(names(changes, 'removed')).toEqual(['known', 'unknown']);
    const note = 'gone from the source, and the running kernel keeps it: whoever else refers to it goes on with the old one';
    expect(noted(changes)).toEqual([['known', 'gone', note]]);
  });

  test('or know no longer, of the same function, is told', async () => {
    const changes = await rules.diff('linkage');
    expect(changes).toMatchObject({ verdict: 'unchanged', functions: [], data: [] });
    expect(noted(changes)).toEqual([
      ['opens', 'linkage', 'the same code is global now: other files may use its name, nothing to replace'],
      ['closes', 'linkage', 'the same code is static now: other files lose its name, nothing to replace'],
      ['number', 'linkage', 'the same variable is global now: other files may use its name, nothing to replace'],
    ]);
  });
});
