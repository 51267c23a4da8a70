import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readObjects } from '../../src/cli/files.ts';
import { openToolchain, preferPlainCode } from '../../src/cli/toolchain.ts';
import { bytesEqual } from '../../src/engine/bytes.ts';
import { diffObjects } from '../../src/engine/diff/diff.ts';
import type { Failure } from '../../src/engine/failure.ts';
import type { PatchFailure } from '../../src/engine/patch/patch-failure.ts';
import { writePatch } from '../../src/engine/patch/write.ts';
import type { CompileFailure } from '../../src/engine/toolchain/diagnostic.ts';
import type { Compiled, Toolchain } from '../../src/engine/toolchain/toolchain.ts';
import { readUpdate } from '../../src/engine/update/read.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { hotsplice, LESSONS, lessonNumber, must, openPack } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-compile-'));
const at = (name: string) => join(folder, name);
let toolchain: Toolchain;

beforeAll(async () => {
  preferPlainCode();
  toolchain = must(await openToolchain(await openPack(), undefined));
});
afterAll(() => {
  toolchain.close();
  rmSync(folder, { recursive: true });
});

type Edit = readonly [path: string, from: string, to: string];

/** Writes a patch that replaces text in files of the kernel, and makes new files. */
async function patchFile(name: string, edits: readonly Edit[], created: Readonly<Record<string, string>> = {}): Promise<string> {
  const files = new Map<string, { path: string; before: string | undefined; after: string }>();
  for (const [path, from, to] of edits) {
    const file = files.get(path) ?? {
      path,
      before: must(await toolchain.readFile(path)),
      after: must(await toolchain.readFile(path)),
    };
    if (!file.after.includes(from)) throw new Error(`${path} has no ${from}`);
    files.set(path, { ...file, after: file.after.replace(from, () => to) });
  }
  for (const [path, after] of Object.entries(created)) files.set(path, { path, before: undefined, after });
  writeFileSync(at(name), writePatch([...files.values()]));
  return at(name);
}

const compiled = new Map<string, Compiled>();

/** Compiles a patch in this process, and no file of it twice. */
async function compile(patch: string): Promise<Compiled> {
  const made = compiled.get(patch) ?? must(await toolchain.compile(must(await toolchain.applyPatch(readFileSync(patch))).files));
  compiled.set(patch, made);
  return made;
}

/** Why a patch is refused, by itself or when it is compiled. */
async function refused(patch: string): Promise<Failure & Partial<CompileFailure> & Partial<PatchFailure>> {
  const applied = await toolchain.applyPatch(readFileSync(patch));
  if (!applied.ok) return applied;
  const compiled = await toolchain.compile(applied.value.files);
  if (!compiled.ok) return compiled;
  throw new Error(`${patch} was compiled`);
}

const objectsIn = async (name: string, side: string) => [...must(await readObjects(join(at(name), side))).keys()];

const VERSION: Edit = ['fs/proc/version.c', 'utsname()->version);', 'utsname()->version);\n\tseq_puts(m, "changed\\n");'];
const COMMENT: Edit = ['fs/proc/version.c', '// SPDX', '/* a comment */ // SPDX'];

describe('a patch becomes objects', () => {
  test.each(LESSONS.map((lesson) => [lesson.lesson.id, lesson] as const))(
    'the very ones of lesson %s',
    async (_id, { folder: lesson }) => {
      const { units } = await compile(join(lesson, 'change.patch'));
      for (const side of ['pre', 'post'] as const) {
        const kept = must(await readObjects(join(lesson, 'objects', side)));
        expect(units.map((unit) => unit.path).sort()).toEqual([...kept.keys()]);
        for (const unit of units) expect(bytesEqual(kept.get(unit.path), unit[side]), unit.path).toBe(true);
      }
    },
  );

  test('a header that more units read: those that came out as they run are told apart', async () => {
    const { units, same } = await compile(join(lessonNumber(4).folder, 'change.patch'));
    const readers = toolchain.units.readers('include/linux/time_namespace.h');
    expect(readers.length).toBeGreaterThan(10);
    expect([...units.map((unit) => unit.path), ...same].sort()).toEqual([...readers].sort());
    expect(same.length).toBeGreaterThan(0);
  });

  test('assembly', async () => {
    const patch = await patchFile('asm.patch', [
      ['arch/x86/lib/checksum_32.S', 'const unsigned char *buf\n\n', 'const unsigned char *buf\n\tnop\n'],
    ]);
    const [unit, ...others] = (await compile(patch)).units;
    if (!unit) throw new Error('nothing changed');
    expect([unit.path, others]).toEqual(['arch/x86/lib/checksum_32.o', []]);
    const changes = must(diffObjects(unit.pre, unit.post, { objectPath: unit.path }));
    expect(changes.functions.map((change) => change.name)).toEqual(['csum_partial']);
  });
});

describe('hotsplice compile', () => {
  test('writes objects and shows warnings; a later one takes away what an earlier one left', async () => {
    const patch = await patchFile('warning.patch', [
      VERSION,
      ['fs/proc/version.c', 'seq_printf(m,', 'int unused;\n\tseq_printf(m,'],
    ]);
    const more = writePatch([{ path: 'Documentation/filesystems/proc.rst', before: 'a\n', after: 'b\n' }]);
    writeFileSync(patch, readFileSync(patch, 'utf8') + more);
    const run = await hotsplice('compile', '--patch', patch, '-o', at('out'));
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^Documentation\/filesystems\/proc.rst: left out/m);
    expect(run.stdout).toMatch(/^fs\/proc\/version\.o {2}changed/m);
    expect(run.stderr).toMatch(
      /fs\/proc\/version\.c:\d+:\d+: warning: unused variable .unused. \[-Wunused-variable\]\n +\d+ \| \tint unused;\n +\| \t {4}\^~+\n/,
    );
    for (const side of ['pre', 'post']) expect(await objectsIn('out', side)).toEqual(['fs/proc/version.o']);
    const utimes = await patchFile('utimes.patch', [['fs/utimes.c', 'return do_utimes(dfd', 'return 1 + do_utimes(dfd']]);
    const json = await hotsplice('compile', '--patch', utimes, '-o', at('out'), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      units: [{ object: 'fs/utimes.o', pre: at('out/pre/fs/utimes.o'), post: at('out/post/fs/utimes.o') }],
      same: [],
      ignored: [],
      diagnostics: [],
    });
    for (const side of ['pre', 'post']) expect(await objectsIn('out', side)).toEqual(['fs/utimes.o']);
  });

  test('a comment alone changes no object', async () => {
    const run = await hotsplice('compile', '--patch', await patchFile('comment.patch', [COMMENT]), '-o', at('comment'));
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to update') as string });
  });

  test('Ctrl+C ends it at once', async () => {
    const patch = await patchFile('many.patch', [['include/linux/minmax.h', '#endif', '#define hotsplice_unused 1\n#endif']]);
    const args = [join(ROOT, 'tools/dev/hotsplice.mjs'), 'compile', '--patch', patch, '-o', at('many'), '--json'];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let planned = false;
    let interrupted = 0;
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.stderr.on('data', () => {
      // The plan has been told; compilers are at work two seconds later.
      if (planned) return;
      planned = true;
      setTimeout(() => {
        interrupted = performance.now();
        child.kill('SIGINT');
      }, 2000);
    });
    const status = await new Promise((done) => child.on('close', done));
    expect(interrupted).toBeGreaterThan(0);
    expect(performance.now() - interrupted).toBeLessThan(2000);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cancelled' } });
    expect(status).toBe(130);
  });
});

describe('create --patch', () => {
  test('gives the update of the same objects, with the patch in it', async () => {
    const patch = join(lessonNumber(1).folder, 'change.patch');
    const same = ['--id', 'same', '--timestamp', '0'];
    const fromPatch = await hotsplice('create', '--patch', patch, ...same, '-o', at('a.tar.gz'));
    expect(fromPatch).toMatchObject({ status: 0, stdout: expect.stringContaining('version_proc_show') as string });
    const objects = join(lessonNumber(1).folder, 'objects');
    await hotsplice(
      'create',
      '--pre',
      join(objects, 'pre'),
      '--post',
      join(objects, 'post'),
      '--patch',
      patch,
      ...same,
      '-o',
      at('b.tar.gz'),
    );
    expect(readFileSync(at('a.tar.gz')).equals(readFileSync(at('b.tar.gz')))).toBe(true);
    expect(must(readUpdate(readFileSync(at('a.tar.gz')))).patch).toBe(readFileSync(patch, 'utf8'));
  });

  test('a change without effect is no update', async () => {
    const patch = await patchFile('comment.patch', [COMMENT]);
    const run = await hotsplice('create', '--patch', patch, '--json');
    expect([run.status, JSON.parse(run.stdout)]).toMatchObject([1, { error: { code: 'no_changes' } }]);
  });
});

describe('what cannot be compiled is a typed failure', () => {
  test('a syntax error: file, line, column, and the line itself', async () => {
    const patch = await patchFile('syntax.patch', [['fs/proc/version.c', 'utsname()->version);', 'utsname()->version)']]);
    const source = must(await toolchain.readFile('fs/proc/version.c')).split('\n');
    const line = source.findIndex((text) => text.includes('utsname()->version);')) + 1;
    const error = await refused(patch);
    expect(error).toMatchObject({
      code: 'compile_error',
      where: expect.stringContaining(`fs/proc/version.c:${line}:`) as string,
    });
    expect(error.diagnostics?.slice(0, 1)).toMatchObject([
      { severity: 'error', path: 'fs/proc/version.c', line, message: expect.stringContaining('expected') as string },
    ]);
    const run = await hotsplice('create', '--patch', patch);
    expect(run.stderr).toMatch(
      new RegExp(
        `^fs/proc/version\\.c:${line}:\\d+: error: expected .*\\n +${line} \\| .*utsname\\(\\)->version\\)\\n +\\| \\s*\\^`,
        'm',
      ),
    );
    expect([run.status, run.stdout]).toEqual([1, '']);
  });

  test('a type error in a macro three headers deep', async () => {
    const patch = await patchFile(
      'macro.patch',
      [
        ['fs/proc/version.c', '#include "internal.h"', '#include "internal.h"\n#include "one.h"'],
        ['fs/proc/version.c', 'return 0;', 'return ONE(m);'],
      ],
      {
        'fs/proc/one.h': '#include "two.h"\n#define ONE(file) TWO(file)\n',
        'fs/proc/two.h': '#include "three.h"\n#define TWO(file) THREE(file)\n',
        'fs/proc/three.h': '#define THREE(file) \\\n\t((file)->no_such_member)\n',
      },
    );
    const { code, where, diagnostics = [] } = await refused(patch);
    expect({ code, where }).toMatchObject({
      code: 'compile_error',
      where: expect.stringContaining('fs/proc/three.h:2:') as string,
    });
    const [error] = diagnostics;
    expect(error).toMatchObject({
      path: 'fs/proc/three.h',
      line: 2,
      message: expect.stringContaining('no_such_member') as string,
    });
    expect(error?.children.map((child) => child.path)).toEqual(['fs/proc/two.h', 'fs/proc/one.h', 'fs/proc/version.c']);
  });

  test('cc1 out of memory, and the next compile works', async () => {
    const macros = Array.from({ length: 7 }, (_, i) => `#define S${i + 1} ${Array(8).fill(`S${i}`).join(' ')}\n`).join('');
    const text = `#define S0 "${'x'.repeat(4000)}"\n${macros}const char all[] = S7;\n`;
    const patch = await patchFile('memory.patch', [
      ['fs/proc/version.c', 'static int version_proc_show', `${text}static int version_proc_show`],
    ]);
    expect(await refused(patch)).toMatchObject({ code: 'compiler_out_of_memory', where: 'fs/proc/version.o' });
    expect((await compile(await patchFile('fine.patch', [VERSION]))).units).toHaveLength(1);
  });

  test('a patch for another kernel version', async () => {
    const source = must(await toolchain.readFile('fs/pipe.c'));
    // The same file some versions later: other names, other helpers.
    const later = source
      .replaceAll('pipe->head', 'pipe->in')
      .replaceAll('struct pipe_buffer *buf', 'struct pipe_page *buf')
      .replaceAll('ssize_t', 'long');
    const fixed = later.replaceAll('pipe->tail', 'READ_ONCE(pipe->tail)');
    writeFileSync(at('later.patch'), writePatch([{ path: 'fs/pipe.c', before: later, after: fixed }]));
    const error = await refused(at('later.patch'));
    expect(error).toMatchObject({
      code: 'patch_failed',
      where: expect.stringMatching(/fs\/pipe\.c:\d+ \(line \d+ of the patch\)/) as string,
      hint: expect.stringContaining('another kernel version') as string,
      hunk: { path: 'fs/pipe.c', nearest: { line: expect.any(Number) as number } },
    });
    const run = await hotsplice('compile', '--patch', at('later.patch'), '-o', at('later'));
    expect(run.stderr).toMatch(/expected .*\n[^]*found .*\n[^]*nearest {3}line \d+/);
  });

  test('a patch that the kernel has already', async () => {
    const patch = await patchFile('undone.patch', [VERSION]);
    const reversed = readFileSync(patch, 'utf8').replace(/^[-+](?=[ \t])/gm, (sign) => (sign === '+' ? '-' : '+'));
    const swapped = reversed.replace(/^@@ -(\S+) \+(\S+) @@/gm, '@@ -$2 +$1 @@');
    writeFileSync(patch, swapped);
    expect(await refused(patch)).toMatchObject({ code: 'already_applied' });
  });

  test.each([
    ['5 MB', () => Buffer.alloc(5_000_000, 'a line of a large patch\n'), 'patch_too_large'],
    ['a binary file', () => readFileSync(join(ROOT, 'public/kernels/6.1.170-integrated/bzImage')), 'binary_file'],
    ['a file of nothing', () => Buffer.alloc(0), 'empty_patch'],
    ['a text', () => Buffer.from('Dear list,\nplease apply.\n'), 'not_a_patch'],
    ['a path out of the tree', () => Buffer.from('--- ../x.c\n+++ ../x.c\n@@ -1 +1 @@\n-a\n+b\n'), 'unsafe_path'],
    ['Kconfig', () => Buffer.from(writePatch([{ path: 'fs/Kconfig', before: 'a\n', after: 'b\n' }])), 'kconfig_changed'],
    ['a Makefile', () => Buffer.from(writePatch([{ path: 'fs/Makefile', before: 'a\n', after: 'b\n' }])), 'makefile_changed'],
    [
      'a driver that is not in this kernel',
      () => Buffer.from(writePatch([{ path: 'sound/core/pcm.c', before: 'a\n', after: 'b\n' }])),
      'file_not_in_kernel',
    ],
    ['a new unit', () => Buffer.from(writePatch([{ path: 'fs/new.c', before: undefined, after: 'int a;\n' }])), 'new_unit'],
  ])('%s', async (name, contents, code) => {
    const file = at(`${name.replaceAll(' ', '-')}.patch`);
    writeFileSync(file, contents());
    expect(await refused(file)).toMatchObject({ code });
  });

  test('a Makefile of the tools, beside a change of the kernel, is left out', async () => {
    const makefile = writePatch([{ path: 'tools/testing/selftests/proc/Makefile', before: 'a\n', after: 'b\n' }]);
    const patch = readFileSync(await patchFile('selftest.patch', [VERSION]), 'utf8') + makefile;
    expect(must(await toolchain.applyPatch(patch))).toMatchObject({
      files: [{ path: 'fs/proc/version.c' }],
      leftOut: ['tools/testing/selftests/proc/Makefile'],
    });
  });

  test('what other files are generated from', async () => {
    const patch = await patchFile('generated.patch', [
      ['arch/x86/include/asm/cpufeatures.h', '#define X86_FEATURE_FPU', '#define X86_FEATURE_FPU2'],
    ]);
    expect(await refused(patch)).toMatchObject({
      code: 'generated_file',
      where: expect.stringContaining('cpufeatures.h') as string,
    });
  });

  test('asm-offsets', async () => {
    const patch = await patchFile('offsets.patch', [
      ['arch/x86/include/asm/processor.h', 'struct cpuinfo_x86 {\n', 'struct cpuinfo_x86 {\n\t__u32\t\t\tadded;\n'],
    ]);
    expect(await refused(patch)).toMatchObject({
      code: 'asm_offsets_changed',
      where: 'include/generated/asm-offsets.h: CPUINFO_x86',
      expected: '0',
      found: expect.stringMatching(/^4 /) as string,
    });
  });
});
