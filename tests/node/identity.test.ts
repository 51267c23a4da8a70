import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderSource } from '../../src/cli/files.ts';
import { spawnGcc } from '../../src/cli/gcc.ts';
import { openToolchain } from '../../src/engine/pipeline/open-toolchain.ts';
import type { FileChange } from '../../src/engine/patch/tree.ts';
import { ChangedTree } from '../../src/engine/toolchain/changed-tree.ts';
import { Compiler } from '../../src/engine/toolchain/compiler.ts';
import { GccPool } from '../../src/engine/toolchain/gcc-pool.ts';
import { checkGenerated } from '../../src/engine/toolchain/generated-check.ts';
import { UnitIndex } from '../../src/engine/toolchain/units.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { compareUnits } from '../../tools/kernel/identity.ts';
import { must, openPack } from './support.ts';

/* What the page compiles is what runs: units of all kinds, compiled here, are the very objects the kernel was linked from. */

const SAMPLE = [
  'arch/x86/entry/entry_32.o', // assembly
  'arch/x86/lib/getuser.o',
  'arch/x86/realmode/rmpiggy.o', // assembly that includes binaries
  'arch/x86/kernel/cpu/capflags.o', // a generated source
  'arch/x86/entry/vdso/vdso-image-32.o',
  'init/version.o', // a source that includes a generated header
  'kernel/configs.o', // inline assembly that includes a binary
  'kernel/sys.o',
  'kernel/sched/core.o',
  'kernel/ksplice/match.o',
  'lib/iov_iter.o',
  'fs/ext2/inode.o',
  'net/unix/af_unix.o',
  'drivers/tty/tty_io.o',
  'arch/x86/realmode/rm/reboot.o', // expressions of 64 bits
  'arch/x86/realmode/rm/stack.o', // what is linked into generated files
  'arch/x86/entry/vdso/vdso32/vclock_gettime.o',
  'arch/x86/kernel/vmlinux.lds',
  'include/generated/asm-offsets.h',
  'include/generated/bounds.h',
];

async function compiler(): Promise<Compiler> {
  return must(await Compiler.open(folderSource(join(ROOT, 'public/toolchain'))));
}

test('a sample of units comes out as the objects that run, byte for byte', async () => {
  const compared = must(await compareUnits(await openPack(), await compiler(), { only: SAMPLE }));
  expect(compared.filter((unit) => !unit.identical)).toEqual([]);
  expect(compared.map((unit) => unit.object)).toEqual([...SAMPLE].sort());
}, 400_000);

test('the report of the pack is about this compiler and all units, and no unit differs', async () => {
  const pack = await openPack();
  const bytes = must(await pack.file('identity'));
  const [cc1, as] = (await compiler()).identity.split(' ');
  const index = must(UnitIndex.parse(must(await pack.text('units')), 'units.json'));
  const units = index.objects.length;
  const generated = index.generated.filter((entry) => entry.check).length;
  expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
    compiler: { cc1, as },
    units: { compared: units, identical: units, different: [] },
    generated: { compared: generated, identical: generated, different: [] },
  });
});

test('what a change does to a generated file is told apart from what the compiler does', async () => {
  const modules = must(await (await compiler()).load());
  const toolchain = must(await openToolchain(await openPack(), await compiler(), { spawn: spawnGcc, compilers: 1 }));
  const { units, sources, objects } = toolchain;
  const checks = units.generated.filter((entry) => entry.output === 'arch/x86/realmode/rm/reboot.o');
  expect(checks.length).toBe(1);
  const pool = new GccPool(() => spawnGcc(modules), 1);
  const check = (changes: FileChange[]) =>
    checkGenerated(
      { pool, objects, cache: undefined },
      { tree: new ChangedTree(sources, changes), units: [], checks, ignored: [] },
      undefined,
    );
  try {
    const path = 'arch/x86/realmode/rm/reboot.S';
    const text = must(await toolchain.readFile(path));
    expect(await check([{ path, text: `${text}/* nothing else */\n` }])).toMatchObject({ ok: true });
    expect(await check([{ path, text: `${text}\n\t.long 1\n` }])).toMatchObject({ ok: false, code: 'generated_file' });
  } finally {
    pool.close();
  }
});

test('a unit that there is none of is told', async () => {
  const compared = await compareUnits(await openPack(), await compiler(), { only: ['kernel/nothing.o'] });
  expect(compared).toMatchObject({ ok: false, code: 'unknown_unit', where: 'kernel/nothing.o' });
});
