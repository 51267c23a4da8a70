import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Changes } from '../../../src/engine/diff/changes.ts';
import { diffObjects, type DiffOptions } from '../../../src/engine/diff/diff.ts';
import { HOOK_KINDS } from '../../../src/engine/diff/hooks.ts';
import { R_386_PC32 } from '../../../src/engine/elf/constants.ts';
import type { ElfObject } from '../../../src/engine/elf/object.ts';
import { readElf } from '../../../src/engine/elf/reader.ts';
import type { Failure, Result } from '../../../src/engine/failure.ts';
import { createUpdate, type CreatedUpdate, type CreateOptions } from '../../../src/engine/update/create.ts';
import { readUpdate, type UpdateTarget } from '../../../src/engine/update/read.ts';
import { sectionRule, whyFixed } from '../../../src/engine/diff/section-class.ts';
import { applyPatch } from '../../../src/engine/patch/apply.ts';
import { parsePatch } from '../../../src/engine/patch/parse.ts';
import { gunzip } from '../../../src/engine/update/gzip.ts';
import type { UpdateKernel } from '../../../src/engine/update/kernel.ts';
import { readTar } from '../../../src/engine/update/tar.ts';
import { ROOT } from '../../../tools/dev/paths.mjs';
import { codes, RuleFixtures } from './compiled.ts';
import { must, openPack } from '../support.ts';

/** What goes into an update beyond new code: hooks, options, constants, lines, exports, functions that are gone or have several entries. */
const NEEDED = `
  after_init agreed bug_line constants deleted entry_close entry_gone entry_split export_percpu exported folded
  home_new home_old hook_again hook_answers hook_asks hook_elsewhere hook_late hook_reaches hook_table
  hook_unknown hooks leaves nothing option_early option_rodata option_unknown resized resized_global switches
  two_entries
`
  .trim()
  .split(/\s+/);

let rules: RuleFixtures;
/** The pairs that are put together here. */
const compiled = new Map<string, { readonly pre: Uint8Array; readonly post: Uint8Array }>();
let kernel: UpdateKernel;

beforeAll(async () => {
  rules = await RuleFixtures.open();
  for (const name of NEEDED) compiled.set(name, await rules.pair(name));
  kernel = (await openPack()).manifest;
}, 300_000);

afterAll(() => rules.close());

function pairOf(name: string) {
  const pair = compiled.get(name);
  if (!pair) throw new Error(`There is no fixture ${name}.`);
  return pair;
}

function diff(name: string, options: Partial<DiffOptions> = {}): Changes {
  const { pre, post } = pairOf(name);
  return must(diffObjects(pre, post, { objectPath: `rules/${name}.o`, ...options }));
}

function create(names: readonly string[], options: Partial<CreateOptions> = {}): Result<CreatedUpdate> {
  const units = names.map((name) => ({ path: `rules/${name}.o`, ...pairOf(name) }));
  return createUpdate({ id: 'abc', kernel, units, timestamp: 0, ...options });
}

function targetsOf(created: Result<CreatedUpdate>): readonly UpdateTarget[] {
  return must(readUpdate(must(created).tarball)).targets;
}

/** The modules of an update of the kernel itself. */
function made(names: readonly string[], options: Partial<CreateOptions> = {}) {
  const [target] = targetsOf(create(names, options));
  if (!target) throw new Error('The update has no target.');
  return { added: target.newCode.contents, old: target.oldCode.contents, object: must(readElf(target.newCode.bytes)) };
}

const patches = (names: readonly string[], options: Partial<CreateOptions> = {}) =>
  made(names, options).added.patches.map(({ kind, name }) => `${kind} ${name}`);
const section = (object: ElfObject, name: string) => object.sections.find((one) => one.name === name);

describe('hooks', () => {
  test('all ten are found, and a unit whose only change they are is an update', () => {
    const changes = diff('hooks');
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [] });
    expect(changes.hooks.map(({ kind }) => kind).sort()).toEqual([...HOOK_KINDS].sort());
    expect(changes.hooks).toContainEqual({ kind: 'check_apply', function: 'may_go' });
    const { added, old } = made(['hooks']);
    expect(added.patches).toEqual([]);
    expect(added.hooks).toHaveLength(10);
    // What the hooks refer to is matched as ever.
    expect(old.sections.map(({ label }) => label)).toContain('uses');
  });

  test('only those that pre does not have will run', () => {
    const { hooks } = diff('hook_again');
    expect(hooks).toContainEqual({ kind: 'post_apply', function: 'before' });
    // In the order of the source.
    expect(hooks.filter(({ kind }) => kind === 'apply').map((hook) => hook.function)).toEqual(['later', 'last']);
  });

  test('a function that the kernel has already goes into the update again, to be called before anything is resolved', () => {
    const { added, object } = made(['hook_again']);
    expect(added.hooks).toHaveLength(3);
    const names = object.symbols.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['before', 'later']));
  });

  test('a hook of an unknown name is refused by its name', () => {
    const { refusals } = diff('hook_unknown');
    expect(refusals).toMatchObject([{ code: 'bad_hook', section: '.ksplice_call_before_apply' }]);
    expect(refusals[0]?.message).toContain('before_apply is no hook');
  });

  test('a function of another unit is refused by its name', () => {
    expect(codes(diff('hook_elsewhere'))).toEqual([['bad_hook', 'far_away']]);
  });

  test.each([
    ['hook_reaches', 'checks', 'checks → asks → limit'],
    ['hook_table', 'cleans', 'cleans → ways → limit'],
  ])('%s: one that runs beside old code may not come to what replaces it; the way is told', (name, hook, way) => {
    const changes = diff(name);
    expect(codes(changes)).toEqual([['hook_reaches_replaced', hook]]);
    expect(changes.refusals[0]?.message).toContain(way);
  });

  test('others may', () => {
    expect(diff('hook_late')).toMatchObject({ verdict: 'changed', refusals: [] });
  });

  test('nor through another unit of the update', () => {
    const alone = create(['hook_asks']);
    expect(alone.ok).toBe(true);
    const together = create(['hook_asks', 'hook_answers']) as Failure;
    expect(together).toMatchObject({ ok: false, code: 'hook_reaches_replaced' });
    expect(together.message).toContain('asks_far → answers → decides');
  });
});

describe('docs/hooks.md', () => {
  test('its three examples fit the kernel’s sources exactly', async () => {
    const text = readFileSync(join(ROOT, 'docs/hooks.md'), 'utf8');
    const patches = [...text.matchAll(/```diff\n([^]*?)```/g)].map((match) => match[1] ?? '');
    expect(patches).toHaveLength(3);
    for (const patch of patches) {
      const read = (path: string) => rules.toolchain.readFile(path);
      const { files, notes } = must(await applyPatch(must(parsePatch(patch)), read));
      expect(notes).toEqual([]);
      expect(files[0]?.text).toContain('#include <linux/ksplice-patch.h>');
    }
  });
});

describe('options', () => {
  test('assume_rodata: a variable is written over where it is, and all of it is compared before', () => {
    expect(diff('option_rodata')).toMatchObject({
      verdict: 'changed',
      functions: [],
      data: [
        { name: 'empty', how: 'in place' },
        { name: 'limits', how: 'in place' },
      ],
    });
    const { added, old } = made(['option_rodata']);
    expect(added.patches).toMatchObject([
      { kind: 'data', name: 'empty', label: 'empty<rules/option_rodata.o>', offset: 0, size: 8 },
      { kind: 'data', name: 'limits', label: 'limits<rules/option_rodata.o>', offset: 0, size: 16 },
    ]);
    // What stands beside it in its section goes on being live data.
    const kinds = new Map(old.sections.map(({ label, kind }) => [label.replace(/<.*/, ''), kind]));
    expect(Object.fromEntries(kinds)).toMatchObject({ beside: 'data', limits: 'rodata', behind: 'data', empty: 'rodata' });
  });

  test('match_data_early: the variable is marked', () => {
    const { sections } = made(['option_early']).old;
    expect(sections.filter(({ early }) => early).map(({ label }) => label)).toEqual(['way<rules/option_early.o>']);
  });

  test('one that names something that is not in pre is refused', () => {
    expect(codes(diff('option_unknown'))).toEqual([['bad_option', 'fresh']]);
  });
});

describe('constants', () => {
  test('of the same size are written over, global or not, plain or with addresses; nobody who uses them is replaced', () => {
    const changes = diff('constants');
    expect(changes).toMatchObject({ verdict: 'changed', functions: [], refusals: [] });
    expect(changes.data.map(({ name, how }) => [name, how])).toEqual([
      ['weights', 'in place'],
      ['hidden', 'in place'],
      ['known', 'in place'],
    ]);
    expect(patches(['constants'])).toEqual(['data weights', 'data hidden', 'data known']);
  });

  test('that the compiler has put into code too take that code with them', () => {
    const changes = diff('folded');
    expect(changes.functions.map(({ name }) => name)).toEqual(['last']);
    expect(changes.data).toMatchObject([{ name: 'weights', how: 'in place' }]);
  });

  test('of another size get a copy if they are local and plain, and their users go with them', () => {
    const changes = diff('resized');
    expect(changes).toMatchObject({ functions: [{ name: 'weight' }], data: [{ name: 'weights', how: 'copy' }] });
    expect(changes.functions[0]?.reasons).toContainEqual(expect.objectContaining({ kind: 'data', name: 'weights' }));
  });

  test('of another size are refused if they are global', () => {
    expect(codes(diff('resized_global'))).toEqual([['data_changed', 'shared_weights']]);
  });

  test('that the compiler makes go with the code they belong to', () => {
    const changes = diff('switches');
    expect(changes.functions.map(({ name }) => name)).toEqual(['chosen']);
    expect(changes.data).toMatchObject([{ how: 'copy' }]);
  });

  test('that boot code may have set up are variables', () => {
    expect(codes(diff('after_init'))).toEqual([['data_changed', 'kept']]);
  });
});

describe('line numbers', () => {
  test('of a warning are put right in its bug table if the unit changes otherwise', () => {
    const changes = diff('bug_line');
    expect(changes.lineOnly).toEqual(['warns']);
    const { added } = made(['bug_line']);
    expect(added.patches).toMatchObject([
      { kind: 'replace', name: 'differs' },
      { kind: 'bug', name: 'warns', size: 2, value: 41 },
    ]);
  });

  test('are no reason for an update by themselves', () => {
    expect(create(['nothing'])).toMatchObject({ ok: false, code: 'nothing_to_ship' });
  });

  test('in code are replaced if that is asked for, so that the new source is what runs', () => {
    const changes = diff('agreed', { replaceLineOnly: true });
    expect(changes).toMatchObject({ verdict: 'changed', lineOnly: [] });
    expect(changes.functions.map(({ name }) => name)).toEqual(['waits', 'too']);
    expect(patches(['agreed'], { replaceLineOnly: true })).toEqual(['replace waits', 'replace too']);
  });
});

describe('date and time', () => {
  test('are refused by the compiler itself, as the kernel is built', async () => {
    expect(await rules.complaint('dated', 'const char *built = __DATE__ " " __TIME__;\n')).toMatch(/__DATE__.*-Werror=date-time/);
    expect(await rules.complaint('undated', 'const char *built = "some day";\n')).toBe('');
  });
});

describe('exports', () => {
  test('come, go and do both', () => {
    const changes = diff('exported');
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [] });
    expect(changes.exports).toEqual([
      { name: 'closes', status: 'removed', gpl: true },
      { name: 'moves', status: 'removed', gpl: true },
      { name: 'arrives', status: 'new', gpl: true },
      { name: 'count', status: 'new', gpl: true },
      { name: 'moves', status: 'new', gpl: false, namespace: 'SPACE' },
      { name: 'opens', status: 'new', gpl: false },
    ]);
  });

  test('are hidden until the update is applied, in the tables that the module loader searches', () => {
    const { added, object } = made(['exported']);
    expect(added.exports).toEqual([
      { kind: 'remove', name: 'closes', hidden: 'closes!abc' },
      { kind: 'remove', name: 'moves', hidden: 'moves!abc' },
      { kind: 'add', name: 'moves', hidden: 'DISABLED_abc_moves' },
      { kind: 'add', name: 'opens', hidden: 'DISABLED_abc_opens' },
      { kind: 'add', name: 'arrives', hidden: 'DISABLED_abc_arrives' },
      { kind: 'add', name: 'count', hidden: 'DISABLED_abc_count' },
    ]);
    expect([section(object, '__ksymtab')?.size, section(object, '__ksymtab_gpl')?.size]).toEqual([24, 24]);
    // The new function is in the module; opens() is replaced, and whoever gets it gets what stays after undo: both its value and the others' are blank.
    const gpl = section(object, '__ksymtab_gpl');
    const fields = gpl?.relocations.filter(({ type }) => type === R_386_PC32).map(({ offset }) => offset);
    expect(fields).toEqual([0, 4, 8, 16, 20]);
    const plain = section(object, '__ksymtab')?.relocations.map(({ offset }) => offset);
    expect(plain).toEqual([4, 8, 16, 20]);
  });

  test('of something that an update cannot bring are refused', () => {
    expect(codes(diff('export_percpu'))).toEqual([['exports_changed', 'budget']]);
  });
});

describe('functions that are gone', () => {
  test('lead to a stub if somebody may still call them, and are only kept off the stacks if not', () => {
    const all = patches(['deleted']);
    expect(all).toEqual(['replace stays', 'delete handed', 'retire inner', 'delete known']);
  });

  test('and have no room for a jump stay, which is told', () => {
    const { ignored } = diff('deleted');
    expect(ignored).toMatchObject([{ name: 'nothing', kind: 'left', note: expect.stringContaining('shorter') as string }]);
  });

  test('and are in another unit now lead there, and pointers go on leading to the old place', () => {
    const { added } = made(['home_old', 'home_new']);
    expect(added.patches).toMatchObject([{ kind: 'replace', name: 'wanders', label: 'wanders' }]);
    expect(added.symbols).toContainEqual({ label: 'wanders', name: 'wanders', global: true });
  });
});

describe('functions with several entries', () => {
  test('get a jump for each, and whoever uses one is as before', () => {
    const changes = diff('two_entries');
    expect(changes).toMatchObject({ verdict: 'changed', refusals: [], functions: [{ name: 'door' }], data: [] });
    expect(made(['two_entries']).added.patches).toMatchObject([
      { kind: 'replace', name: 'door', offset: 0, size: 6 },
      { kind: 'replace', name: 'back_door', offset: 6, size: 6 },
    ]);
  });

  test('lose one to the stub', () => {
    expect(patches(['entry_gone'])).toEqual(['replace door', 'delete back_door']);
  });

  test.each([
    ['entry_close', 'entry_too_close'],
    ['entry_split', 'entry_points'],
  ])('%s: %s', (name, code) => {
    expect(codes(diff(name))).toEqual([[code, 'door']]);
  });
});

describe('the tarball', () => {
  test('keeps the objects if that is asked for, however long their paths are', () => {
    const path = `${'some/folder/'.repeat(8)}constants.o`;
    const { pre, post } = pairOf('constants');
    const { tarball } = must(createUpdate({ id: 'abc', kernel, units: [{ path, pre, post }], timestamp: 0, keepObjects: true }));
    const files = new Map(must(readTar(must(gunzip(tarball)))).map(({ name, bytes }) => [name, bytes]));
    expect(files.get(`ksplice-abc/debug/objects/pre/${path}`)).toEqual(pre);
    expect(files.get(`ksplice-abc/debug/objects/post/${path}`)).toEqual(post);
    expect(must(readUpdate(tarball)).id).toBe('abc');
  });

  test('has none otherwise', () => {
    const { tarball } = must(create(['constants']));
    expect(
      must(readTar(must(gunzip(tarball))))
        .map(({ name }) => name)
        .filter((name) => name.includes('objects')),
    ).toEqual([]);
  });
});

describe('.entry.text', () => {
  test.each([
    ['entry_INT80_32', 'system call'],
    ['irq_entries_start', 'by its number'],
    ['handle_exception', 'by its address'],
    ['asm_exc_page_fault', 'interrupts'],
  ])('%s: its own reason is told', (symbol, words) => {
    expect(whyFixed(sectionRule('.entry.text'), symbol)).toContain(words);
    expect(whyFixed(sectionRule('.text'), symbol)).toBeUndefined();
  });
});

describe('targets', () => {
  test('each has its own pair of modules, and a line in the contents', () => {
    const units = [
      { path: 'rules/home_old.o', ...pairOf('constants') },
      { path: 'rules/other.o', ...pairOf('folded'), target: 'some_module' },
    ];
    const targets = targetsOf(createUpdate({ id: 'abc', kernel, units, timestamp: 0 }));
    expect(targets.map(({ target, newCode, oldCode }) => [target, newCode.name, oldCode.file])).toEqual([
      ['vmlinux', 'ksplice_abc_vmlinux_new', 'ksplice-abc_vmlinux-old.ko'],
      ['some_module', 'ksplice_abc_some_module_new', 'ksplice-abc_some_module-old.ko'],
    ]);
  });

  test('that are modules have code for leaving, which the kernel has not', () => {
    expect(diff('leaves')).toMatchObject({ verdict: 'unchanged', ignored: [{ name: 'leaves', kind: 'boot' }] });
    expect(diff('leaves', { inModule: true })).toMatchObject({ verdict: 'changed', functions: [{ name: 'leaves' }] });
  });

  test.each(['two words', 'a/b', 'a'.repeat(60)])('cannot be called “%s”', (target) => {
    const units = [{ path: 'rules/constants.o', ...pairOf('constants'), target }];
    expect(createUpdate({ id: 'abc', kernel, units, timestamp: 0 })).toMatchObject({ ok: false, code: 'bad_target' });
  });

  test('know nothing of what is new in each other', () => {
    const units = [
      { path: 'rules/hook_asks.o', ...pairOf('hook_asks'), target: 'some_module' },
      { path: 'rules/hook_answers.o', ...pairOf('hook_answers') },
    ];
    expect(createUpdate({ id: 'abc', kernel, units, timestamp: 0 })).toMatchObject({ ok: false, code: 'other_target' });
  });
});
