import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../../tools/dev/paths.mjs';
import { success } from '../failure.ts';
import { ChangedTree } from './changed-tree.ts';
import type { FileSource } from './file-source.ts';
import { checkOffsets } from './offsets.ts';
import { planWork, refusePath } from './plan.ts';
import { SourceTree } from './source-tree.ts';
import { UnitIndex, type Unit } from './units.ts';

/* The real pack: what a change concerns is only worth knowing for a kernel. */

const PACK = join(ROOT, 'public/kernels/6.1.170-integrated');
const disk: FileSource = { read: (path) => Promise.resolve(success(new Uint8Array(readFileSync(join(PACK, path))))) };
const document = (file: string) => gunzipSync(readFileSync(join(PACK, file))).toString('utf8');

let sources: SourceTree;
let units: UnitIndex;

beforeAll(() => {
  const tree = SourceTree.open(disk, document('sources.json.gz'), 'sources.json');
  const index = UnitIndex.parse(document('units.json.gz'), 'units.json');
  if (!tree.ok || !index.ok) throw new Error(JSON.stringify({ tree, index }));
  sources = tree.value;
  units = index.value;
});

function plan(...changes: { path: string; text: string | null }[]) {
  return planWork(new ChangedTree(sources, changes), units);
}

async function edited(path: string, from: string | RegExp, to: string) {
  const bytes = await sources.read(path);
  if (!bytes.ok) throw new Error(bytes.message);
  const before = new TextDecoder().decode(bytes.value);
  const text = before.replace(from, to);
  if (text === before) throw new Error(`${path} has no ${String(from)}`);
  return { path, text };
}

function unit(source: string): Unit {
  const found = units.unitOfSource(source);
  if (!found) throw new Error(`nothing is compiled from ${source}`);
  return found;
}

describe('which units a change concerns', () => {
  test('an edited source: its unit', async () => {
    const work = await plan(await edited('kernel/sys.c', 'umask', 'umusk'));
    expect(work.ok && work.value.units.map(({ object, edited: own }) => [object, own])).toEqual([['kernel/sys.o', true]]);
  });

  test('a header: every unit that reads it, edited sources first, and the generated headers that read it', async () => {
    const header = await edited('include/linux/sched.h', 'struct task_struct {', 'struct task_struct {\n int x;');
    const work = await plan(header, await edited('kernel/sched/core.c', '{', '{ '));
    if (!work.ok) throw new Error(work.message);
    expect(work.value.units[0]).toMatchObject({ object: 'kernel/sched/core.o', edited: true });
    expect(new Set(work.value.units.map(({ object }) => object))).toEqual(new Set(units.readers('include/linux/sched.h')));
    expect(work.value.units.length).toBeGreaterThan(500);
    expect(work.value.checks.map((check) => check.output)).toEqual([
      'arch/x86/entry/vdso/vdso32/vclock_gettime.o',
      'include/generated/asm-offsets.h',
    ]);
  });

  test('code that the kernel contains as data only', async () => {
    expect(await plan(await edited('arch/x86/realmode/rm/stack.S', /$/, '\n'))).toMatchObject({
      ok: false,
      code: 'generated_file',
      where: 'arch/x86/realmode/rm/stack.o',
    });
  });

  test('a source that another includes: the unit of that', async () => {
    const work = await plan(await edited('kernel/sched/rt.c', /$/, '\n'));
    expect(work.ok && work.value.units.map(({ object }) => object)).toEqual(['kernel/sched/build_policy.o']);
  });

  test('assembly', async () => {
    const work = await plan(
      await edited('arch/x86/entry/entry_32.S', 'SYM_CODE_START(ret_from_fork)', 'SYM_CODE_START(ret_from_fork)\n\tnop'),
    );
    expect(work.ok && work.value.units.map(({ object }) => object)).toEqual(['arch/x86/entry/entry_32.o']);
  });

  test('a new header that takes the place of another concerns whoever read that', async () => {
    const hidden = units.readers('include/asm-generic/bug.h');
    expect(hidden.length).toBeGreaterThan(0);
    const work = await plan({ path: 'arch/x86/include/asm-generic/bug.h', text: '' });
    expect(work.ok && new Set(work.value.units.map(({ object }) => object))).toEqual(new Set(hidden));
  });

  test('files that this kernel is not built from are left aside', async () => {
    const work = await plan(await edited('kernel/sys.c', 'umask', 'umusk'), { path: 'Documentation/x.rst', text: '' });
    expect(work.ok && work.value.ignored).toEqual(['Documentation/x.rst']);
  });
});

describe('refused', () => {
  test.each([
    ['init/Kconfig', 'kconfig_changed'],
    ['arch/x86/configs/i386_defconfig', 'kconfig_changed'],
    ['kernel/Makefile', 'makefile_changed'],
    ['fs/Kbuild', 'makefile_changed'],
    ['include/asm-generic/vmlinux.lds.h', 'makefile_changed'],
    ['Documentation/Makefile', undefined],
    ['kernel/sys.c', undefined],
  ])('%s: %s', (path, code) => {
    expect(refusePath(path)?.code).toBe(code);
  });

  test('what other files are generated from, and generated files', async () => {
    expect(await plan(await edited('arch/x86/include/asm/cpufeatures.h', '#define', '#define X\n#define'))).toMatchObject({
      code: 'generated_file',
      where: 'arch/x86/include/asm/cpufeatures.h',
      found: 'arch/x86/kernel/cpu/capflags.c is made from it',
    });
    expect(await plan({ path: 'include/generated/asm-offsets.h', text: '' })).toMatchObject({ code: 'generated_file' });
  });

  test.each([
    ['include/linux', /^include\/linux\//],
    ['kernel/sys.c/more.h', /^kernel\/sys\.c$/],
  ])('a new file where there is a folder, or in a file: %s', async (path, found) => {
    expect(await plan({ path, text: '' })).toMatchObject({
      code: 'path_taken',
      where: path,
      found: expect.stringMatching(found),
    });
  });

  test('a deleted source, a new one, files of another kernel, and nothing at all', async () => {
    expect(await plan({ path: 'kernel/sys.c', text: null })).toMatchObject({ code: 'unit_deleted', where: 'kernel/sys.c' });
    expect(await plan({ path: 'kernel/news.c', text: 'int x;\n' })).toMatchObject({ code: 'new_unit', where: 'kernel/news.c' });
    expect(await plan({ path: 'arch/arm/kernel/x.h', text: '' })).toMatchObject({ code: 'file_not_in_kernel' });
    expect(await plan()).toMatchObject({ code: 'nothing_changed' });
  });
});

describe('what a unit may read after a change', () => {
  test('without a change: what was recorded', async () => {
    const files = await new ChangedTree(sources, []).filesOf(unit('kernel/sys.c'));
    expect(files.ok && [...files.value].sort()).toEqual([...unit('kernel/sys.c').deps].sort());
  });

  test('headers that an edit includes come along, with what they include', async () => {
    const sys = unit('kernel/sys.c');
    expect(sys.deps).not.toContain('include/net/af_unix.h');
    const change = await edited(
      'kernel/sys.c',
      '#include <linux/export.h>',
      '#include <linux/export.h>\n#include <net/af_unix.h>\n#include <linux/nowhere.h>',
    );
    const files = await new ChangedTree(sources, [change]).filesOf(sys);
    if (!files.ok) throw new Error(files.message);
    const more = new Set(files.value.filter((path) => !sys.deps.includes(path)));
    expect(more).toContain('include/net/af_unix.h');
    expect(more).toContain('include/net/sock.h');
    expect([...more].some((path) => path.includes('nowhere'))).toBe(false);
  });

  test('deleted files are gone, created ones are there', async () => {
    const tree = new ChangedTree(sources, [
      { path: 'include/linux/utsname.h', text: null },
      { path: 'include/linux/brand_new.h', text: '' },
    ]);
    const files = await tree.filesOf(unit('kernel/sys.c'));
    expect(files.ok && files.value.includes('include/linux/utsname.h')).toBe(false);
    expect(files.ok && files.value.includes('include/linux/brand_new.h')).toBe(true);
  });
});

test('generated headers: only what the numbers say counts', () => {
  const header = '#define TASK_x 12 /* offsetof(struct task_struct, x) */\n#define NR_y 3 /* y */\n';
  const marks = (x: number) =>
    `\t.ascii "->TASK_x $${x} offsetof(struct task_struct, x)"\n\t.ascii "->"\n\t.ascii "->NR_y $3 y"\n`;
  expect(checkOffsets(marks(12), header, 'asm-offsets.h')).toEqual(success(undefined));
  expect(checkOffsets(marks(16), header, 'asm-offsets.h')).toMatchObject({
    code: 'asm_offsets_changed',
    where: 'asm-offsets.h: TASK_x',
    expected: '12',
    found: '16',
  });
  expect(checkOffsets('', header, 'asm-offsets.h')).toMatchObject({
    code: 'asm_offsets_changed',
    found: 'not defined (and 1 more)',
  });
});

describe('units.json', () => {
  const good = {
    format: 2,
    files: ['a.c'],
    words: ['-O2'],
    units: { 'a.o': { source: 'a.c', cc1: [0], as: [], deps: [0] } },
    generated: [],
  };
  test.each([
    ['another format', { ...good, format: 1 }],
    ['a word that is not there', { ...good, units: { 'a.o': { source: 'a.c', cc1: [1], as: [], deps: [0] } } }],
    ['a file that is not there', { ...good, units: { 'a.o': { source: 'a.c', cc1: [0], as: [], deps: [1] } } }],
    ['a number that is none', { ...good, units: { 'a.o': { source: 'a.c', cc1: [-1], as: [], deps: [0] } } }],
    ['a path out of the tree', { ...good, files: ['/etc/passwd'] }],
    ['offsets without a way to make them', { ...good, generated: [{ output: 'a.h', inputs: [], how: 'asm-offsets' }] }],
  ])('%s is refused', (_name, document_) => {
    expect(UnitIndex.parse(JSON.stringify(document_), 'units.json')).toMatchObject({ ok: false, code: 'bad_units' });
  });

  test('the good one is read', () => {
    const parsed = UnitIndex.parse(JSON.stringify(good), 'units.json');
    expect(parsed.ok && parsed.value.unit('a.o')).toEqual({ object: 'a.o', source: 'a.c', cc1: ['-O2'], as: [], deps: ['a.c'] });
    expect(parsed.ok && parsed.value.unit('constructor')).toBeUndefined();
  });
});
