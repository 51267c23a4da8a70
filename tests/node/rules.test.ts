import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Changes } from '../../src/engine/diff/changes.ts';
import { diffObjects, type DiffOptions } from '../../src/engine/diff/diff.ts';
import { sourceName } from '../../src/engine/diff/names.ts';
import { REFUSALS } from '../../src/engine/diff/refusal.ts';
import { readUnit } from '../../src/engine/diff/unit.ts';
import { readElf } from '../../src/engine/elf/reader.ts';
import { writeElf } from '../../src/engine/elf/writer.ts';
import type { Toolchain } from '../../src/engine/toolchain/toolchain.ts';
import { createUpdate } from '../../src/engine/update/create.ts';
import { readUpdate } from '../../src/engine/update/read.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { FIXTURES, openRules, type Pair, type Rules } from './rules.ts';
import { must, openPack } from './support.ts';

/** The rules of the differ, each on a small pair of C sources in tests/fixtures/rules. */
const FOLDER = join(ROOT, 'tests/fixtures/rules');

let rules: Rules;
let toolchain: Toolchain;
let pairOf: (name: string) => Pair;

beforeAll(async () => {
  rules = await openRules();
  ({ toolchain, pairOf } = rules);
});

afterAll(() => rules.close());

function diff(name: string, options: Partial<DiffOptions> & { readonly reversed?: boolean } = {}): Changes {
  const { pre, post } = pairOf(name);
  const { reversed = false, ...rest } = options;
  return must(diffObjects(reversed ? post : pre, reversed ? pre : post, { objectPath: `rules/${name}.o`, ...rest }));
}

const names = (changes: Changes, status: string) =>
  changes.functions.filter((one) => one.status === status).map((one) => one.name);
const decided = (changes: Changes, pre: string) => changes.pairs.find((pair) => pair.pre === pre)?.decidedBy;
const codes = (changes: Changes) => changes.refusals.map(({ code, symbol }) => [code, symbol]);

describe('every fixture', () => {
  test.each(FIXTURES)('%s: an object and the same one laid out otherwise are unchanged', (name) => {
    for (const object of Object.values(pairOf(name)) as Uint8Array[]) {
      const again = writeElf(must(readElf(object)));
      const changes = must(diffObjects(object, again, { objectPath: `rules/${name}.o` }));
      expect(changes).toMatchObject({ functions: [], data: [], lineOnly: [], ignored: [] });
      // What is unknown stays refused even where it is the same.
      if (!['strange', 'hook_unknown', 'hook_elsewhere'].includes(name))
        expect(changes).toMatchObject({ verdict: 'unchanged', refusals: [] });
    }
  });

  test.each(FIXTURES)('%s: what changes one way changes the other way', (name) => {
    const there = diff(name);
    const back = diff(name, { reversed: true });
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

describe('correlation by evidence', () => {
  test('a static variable is the one that unchanged code refers to from the same place, whatever its number', () => {
    const changes = diff('locals');
    expect(names(changes, 'changed')).toEqual(['first']);
    expect(changes.pairs.length).toBeGreaterThan(1);
    for (const { decidedBy } of changes.pairs) expect(decidedBy).toBe('references');
    expect(changes.data).toMatchObject([{ status: 'new' }]);
  });

  test('in a changed function, what is used beside a variable tells which of two it is', () => {
    const changes = diff('scopes');
    expect(changes).toMatchObject({ verdict: 'changed', data: [{ status: 'new' }] });
    expect(changes.pairs).toMatchObject([{ decidedBy: 'references' }]);
  });

  test('of two that change places, each is found by its neighbours and its contents, not by its order', () => {
    const changes = diff('blocks');
    expect(changes).toMatchObject({ verdict: 'changed', data: [] });
    expect(changes.pairs).toMatchObject([
      { pre: 'step.0', post: 'step.1' },
      { pre: 'step.1', post: 'step.0' },
    ]);
  });

  test('order decides last, and says so', () => {
    const changes = diff('order');
    expect(changes.verdict).toBe('changed');
    expect(changes.pairs.map(({ decidedBy }) => decidedBy)).toEqual(['order', 'order']);
  });

  test('a variable that may be one of two is refused, with the candidates', () => {
    for (const reversed of [false, true]) {
      const changes = diff('twins', { reversed });
      expect(changes.verdict).toBe('refused');
      expect(changes.refusals[0]).toMatchObject({ code: 'ambiguous_static', symbol: 'twins' });
      expect(changes.refusals[0]?.message).toContain('count.0 (4 bytes)');
    }
  });

  test('the variable of a function that went into its caller goes with it', () => {
    const changes = diff('merged');
    expect(changes).toMatchObject({ verdict: 'changed', data: [] });
    expect(decided(changes, 'count.0')).toBe('references');
  });

  test('the variable of a function that is gone is not given to another function because of its name', () => {
    expect(codes(diff('strangers'))).toEqual([['ambiguous_static', 'fresh']]);
  });

  test('a clone is found under another number, and by its contents among several', () => {
    const changes = diff('clones');
    expect(names(changes, 'changed')).toEqual(['work.constprop.1']);
    expect(decided(changes, 'lone.isra.0')).toBe('clone');
    expect(changes.pairs).toContainEqual(
      expect.objectContaining({ pre: 'work.constprop.0', post: 'work.constprop.1', decidedBy: 'content' }),
    );
  });

  test('what macros make for one place in the code makes nothing look changed by being renumbered', () => {
    const changes = diff('throwaways');
    expect(changes.functions.map(({ name, status }) => [name, status])).toEqual([['added', 'new']]);
    expect(changes.refusals).toEqual([]);
    expect(changes.pairs.some(({ pre, post }) => pre.startsWith('__already_done') && pre !== post)).toBe(true);
    expect(changes.pairs.some(({ pre, post }) => pre.startsWith('__UNIQUE_ID_ddebug') && pre !== post)).toBe(true);
  });

  test('neither does what the compiler makes of switches', () => {
    const changes = diff('compiled');
    expect(changes.functions.map(({ name, status }) => [name, status])).toEqual([['added', 'new']]);
    expect(changes.pairs).toMatchObject([{ pre: 'CSWTCH.1', post: 'CSWTCH.3' }]);
  });

  test('nor the names clang gives to static variables', () => {
    const changes = diff('spelled');
    expect(changes.functions.map(({ name, status }) => [name, status])).toEqual([['added', 'new']]);
    expect(changes.pairs).toMatchObject([
      { pre: 'walk.count', post: 'walk.count.1', decidedBy: 'references' },
      { pre: 'walk.__key', post: 'walk.__key.7', decidedBy: 'references' },
    ]);
  });
});

describe('the same function in another section', () => {
  test('is not changed, and there is a note', () => {
    const changes = diff('moved');
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

  test('and changed: its old place is what is replaced', () => {
    const changes = diff('hot');
    expect(names(changes, 'changed')).toEqual(['runner']);
    expect(changes.functions[0]?.pieces).toMatchObject([
      { pre: { section: '.text.unlikely.runner' }, post: { section: '.text.hot.runner' } },
    ]);
    expect(changes.functions[0]?.reasons).toContainEqual(expect.objectContaining({ kind: 'section', symbol: 'runner' }));
    expect(changes.ignored).toMatchObject([{ name: 'stayer', kind: 'moved' }]);
  });

  test('one new _printk moves a function, and it is the same function still', () => {
    const changes = diff('cold');
    expect(names(changes, 'changed')).toEqual(['talks']);
    expect(changes.functions[0]?.pieces).toMatchObject([
      { pre: { section: '.text.talks' }, post: { section: '.text.unlikely.talks' } },
    ]);
  });

  test('today’s sections are known, and one change in them is one change', () => {
    expect(diff('sections')).toMatchObject({ verdict: 'changed', functions: [{ name: 'differs', status: 'changed' }], data: [] });
  });
});

describe('line numbers', () => {
  test('a change that only moves lines is unchanged: bug tables, operands, printk index, dynamic debug', () => {
    const changes = diff('nothing');
    expect(changes).toMatchObject({ verdict: 'unchanged', functions: [], data: [], lineOnly: ['once', 'waits'] });
  });

  test('another difference beside the line, and the function counts as changed', () => {
    const changes = diff('beside');
    expect(names(changes, 'changed')).toEqual(['differs']);
    expect(changes.lineOnly).toEqual(['once', 'waits']);
  });

  test('operands of two calls from different lines of a file are evidence for each other', () => {
    expect(diff('agreed')).toMatchObject({ verdict: 'unchanged', lineOnly: ['waits', 'too'] });
  });

  test('the same number in two calls is a constant', () => {
    expect(names(diff('alone'), 'changed')).toEqual(['waits', 'too']);
  });

  test('lines of one file say nothing of a number beside the name of another', () => {
    const changes = diff('headers');
    expect(names(changes, 'changed')).toEqual(['waits']);
    expect(changes.lineOnly).toEqual(['once']);
  });

  test('a number in a table beside a file name is no line because it moved alike', () => {
    const changes = diff('modes');
    expect(changes).toMatchObject({ functions: [], data: [{ name: 'files', status: 'changed', how: 'in place' }] });
    expect(changes.lineOnly).toEqual(['once']);
  });

  test('a line number below 128 is one byte of code', () => {
    expect(diff('pushed')).toMatchObject({ verdict: 'unchanged', lineOnly: ['once', 'says'] });
  });
});

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
  ] as const)('of %s: %s, with the file, the rule and the way out', (name, code, symbol) => {
    const changes = diff(name);
    expect(changes.verdict).toBe('refused');
    const [refusal] = changes.refusals;
    expect(refusal).toMatchObject({ code, file: `rules/${name}.c`, rule: REFUSALS[code].rule });
    expect(refusal?.symbol).toBe(symbol);
    expect(refusal?.hint).not.toBe('');
  });

  test('tell the line if the function itself knows one', () => {
    const source = readFileSync(join(FOLDER, 'local_key.c'), 'latin1').split('\n');
    const line = source.findIndex((text) => text.includes('BUG_AT')) + 1;
    expect(diff('local_key').refusals).toMatchObject([{ code: 'static_key', line }]);
  });

  test('of a size say both sizes', () => {
    expect(diff('grown').refusals[0]?.message).toContain('32 bytes instead of 16');
  });

  test('leave changed boot code alone and note it', () => {
    const changes = diff('boot');
    expect(changes.verdict).toBe('unchanged');
    expect(changes.ignored.map(({ name, kind }) => [name, kind])).toEqual([
      ['setup', 'boot'],
      ['setup_value', 'boot'],
    ]);
  });

  test('do not concern boot code that a function minded before', () => {
    expect(diff('boot_minded')).toMatchObject({ verdict: 'changed', refusals: [], functions: [{ name: 'run' }] });
  });

  test('do not concern an initcall that got another name by its number and line', () => {
    expect(diff('initcall')).toMatchObject({ verdict: 'unchanged', ignored: [], refusals: [] });
  });
});

describe('--allow, where Ksplice would only have warned', () => {
  test('gives the users of a static variable a copy with the new value', () => {
    const changes = diff('local_value', { allow: ['data_changed'] });
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [], data: [{ name: 'limit', status: 'changed' }] });
    expect(names(changes, 'changed')).toEqual(['raise', 'other']);
  });

  test('does so for a larger one as well', () => {
    expect(names(diff('grown', { allow: ['data_changed'] }), 'changed')).toEqual(['grown']);
  });

  test('does not for a variable that other units know', () => {
    expect(codes(diff('value', { allow: ['data_changed'] }))).toEqual([['data_changed', 'shared_limit']]);
  });

  test('leaves a table as the running kernel has it, and notes that', () => {
    const changes = diff('quirk', { allow: ['ignored_section'] });
    expect(changes).toMatchObject({ verdict: 'unchanged', refusals: [] });
    expect(changes.ignored).toMatchObject([{ name: '.pci_fixup_resume', kind: 'kept' }]);
  });

  test('makes an update, which says what was allowed', async () => {
    const kernel = (await openPack()).manifest;
    const units = [{ path: 'rules/local_value.o', ...pairOf('local_value') }];
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

describe('the kernel of the pack', () => {
  test('no object has a section, a relocation or a table that is not understood', async () => {
    const { objects, units } = toolchain;
    expect(units.objects.length).toBeGreaterThan(900);
    const files = must(await objects.readMany(units.objects));
    for (const path of units.objects) {
      const unit = readUnit(must(readElf(files.get(path) ?? new Uint8Array(), { name: path })));
      expect(unit.refusals, path).toEqual([]);
    }
  });

  test('comments, blank lines and other line breaks change nothing, whatever they renumber', async () => {
    const sources = ['kernel/sys.c', 'fs/pipe.c', 'net/unix/af_unix.c', 'mm/slub.c', 'kernel/sched/core.c'];
    const changes = [];
    for (const path of sources) changes.push({ path, text: reformatted(must(await toolchain.readFile(path))) });
    const { units } = must(await toolchain.compile(changes));
    // Lines are in the objects: that they differ and are found unchanged is the point.
    expect(units.map((unit) => unit.path).sort()).toEqual(sources.map((path) => path.replace(/c$/, 'o')).sort());
    for (const { path, pre, post } of units) {
      for (const [before, after] of [
        [pre, post],
        [post, pre],
      ] as const) {
        const found = must(diffObjects(before, after, { objectPath: path }));
        expect(found, path).toMatchObject({ verdict: 'unchanged', functions: [], data: [], refusals: [], ignored: [] });
      }
    }
  });
});

/** The same source with a comment above, another after every blank line, and arguments on lines of their own. */
function reformatted(text: string): string {
  const lines = text.split('\n');
  const more = lines.map((line, i) => {
    if (line === '' && !lines[i - 1]?.endsWith('\\')) return i % 3 === 0 ? '\n// A comment, or more of one.' : '\n';
    // A call with two arguments or more, outside of macros.
    return line.endsWith('\\') || line.startsWith('#') ? line : line.replace(/^(\t+\w+\([^,()"]+,) ([^,()"]+\);)$/, '$1\n\t\t$2');
  });
  return `/* A comment\n * of three\n * lines. */\n${more.join('\n')}`;
}
