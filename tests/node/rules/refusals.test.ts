import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('refusals', () => {
  test.each([
    ['local_value', 'data_changed', 'limit'],
    ['grown', 'data_changed', 'table.0'],
    ['percpu_value', 'data_changed', 'budget'],
    ['boot_needed', 'boot_time_reference', 'run'],
    ['quirk', 'ignored_section', undefined],
    ['entered', 'not_replaceable', 'entered'],
    ['static_call', 'static_call', 'calls'],
    ['local_key', 'static_key', 'tested'],
    ['too_close', 'entry_too_close', 'victim'],
    ['entry_close', 'entry_too_close', 'door'],
    ['entry_split', 'entry_points', 'door'],
    ['tiny', 'function_too_short', 'tiny'],
    ['alias', 'symbol_mismatch', 'two'],
    ['kind', 'symbol_mismatch', 'setting'],
    ['strange', 'unknown_section', undefined],
  ] as const)('of %s: %s, with the file, the rule and the way out', async (name, code, symbol) => {
    const changes = await rules.diff(name);
    expect(changes.verdict).toBe('refused');
    const [refusal] = changes.refusals;
    expect(refusal).toMatchObject({ code, file: `rules/${name}.c`, rule: REFUSALS[code].rule });
    expect(refusal?.symbol).toBe(symbol);
    expect(refusal?.hint).not.toBe('');
  });

  test('tell the line if the function itself knows one', async () => {
    const source = readFileSync(join(FOLDER, 'local_key.c'), 'latin1').split('\n');
    const line = source.findIndex((text) => text.includes('BUG_AT')) + 1;
    expect((await rules.diff('local_key')).refusals).toMatchObject([{ code: 'static_key', line }]);
  });

  test('of a size say both sizes', async () => {
    expect((await rules.diff('grown')).refusals[0]?.message).toContain('32 bytes instead of 16');
  });

  test('of a variable that only leads elsewhere name what really differs, and that the variable is live', async () => {
    const { refusals } = await rules.diff('led_to');
    expect(refusals.map(({ message }) => message)).toEqual([
      'sized leads to groups, which has 17 bytes instead of 18, but sized is live: the kernel goes on with the old one.',
    ]);
  });
});

describe('--allow, where Ksplice would only have warned', () => {
  test('gives the users of a static variable a copy with the new value', async () => {
    const changes = await rules.diff('local_value', { allow: ['data_changed'] });
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [], data: [{ name: 'limit', status: 'changed' }] });
    expect(names(changes, 'changed')).toEqual(['raise', 'other']);
  });

  test('does so for a larger one as well', async () => {
    expect(names(await rules.diff('grown', { allow: ['data_changed'] }), 'changed')).toEqual(['grown']);
  });

  test('does not for a variable that other units know', async () => {
    expect(codes(await rules.diff('value', { allow: ['data_changed'] }))).toEqual([['data_changed', 'shared_limit']]);
  });

  test('leaves a table as the running kernel has it, and notes that', async () => {
    const changes = await rules.diff('quirk', { allow: ['ignored_section'] });
    expect(changes).toMatchObject({ verdict: 'unchanged', refusals: [] });
    expect(changes.ignored).toMatchObject([{ name: '.pci_fixup_resume', kind: 'kept' }]);
  });

  test('makes an update, which says what was allowed', async () => {
    const kernel = (await openPack()).manifest;
    const units = [{ path: 'rules/local_value.o', ...(await rules.pair('local_value')) }];
    const refused = createUpdate({ id: 'copy', kernel, units, timestamp: 0 });
    expect(refused).toMatchObject({
      ok: false,
      code: 'data_changed',
      hint: expect.stringContaining('--allow data_changed') as string,
    });
    const made = must(createUpdate({ id: 'copy', kernel, units, timestamp: 0, allow: ['data_changed'] }));
    const { changes } = must(readUpdate(made.tarball));
    expect(changes).toMatchObject([{ verdict: 'changed', data: [{ name: 'limit', status: 'changed' }] }]);
  });
});
