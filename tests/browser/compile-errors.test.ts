import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ToolchainClient } from '../../src/ui/toolchain-client.ts';
import type { FileChange } from '../../src/workers/toolchain-types.ts';
import type { Bench } from './support.ts';
import { openToolchainBench, visit, type Visit } from './toolchain/bench.ts';

/** What the toolchain in its workers says of changes and patches that cannot become an update; it works on afterwards. */
let bench: Bench;
let at: Visit;

beforeAll(async () => {
  bench = await openToolchainBench();
  at = await visit(bench);
});
afterAll(() => bench.close());

function withPort<T, A>(work: (port: ToolchainClient, argument: A) => Promise<T>, argument: A): Promise<T> {
  return at.page.evaluate(`(${work.toString()})(window.toolchain, ${JSON.stringify(argument)})`);
}

async function textOf(path: string): Promise<string> {
  const text = await withPort((port, file) => port.read(file), path);
  if (!text.ok) throw new Error(text.message);
  return text.value;
}

async function edit(path: string, line: string, by: string): Promise<FileChange> {
  const text = await textOf(path);
  expect(text).toContain(line);
  return { path, text: text.replace(line, by) };
}

const LINE = 'memcpy(&tmp, utsname(), sizeof(tmp));';

const build = (changes: readonly FileChange[]) =>
  withPort(async (port, given) => {
    const made = await port.build(given, { id: 'wrong', description: '' });
    return made.ok ? { ok: true as const } : made;
  }, changes);

it('a syntax error: its line, and that nothing else happened', async () => {
  const change = await edit('kernel/sys.c', LINE, `${LINE} tmp.sysname[0] = 'H'`);
  const line = (change.text ?? '').slice(0, change.text?.indexOf("= 'H'")).split('\n').length;
  expect(await build([change])).toMatchObject({
    ok: false,
    code: 'compile_error',
    where: expect.stringMatching(new RegExp(`^kernel/sys\\.c:${line}:`)) as string,
    diagnostics: [{ severity: 'error', path: 'kernel/sys.c', line, message: expect.stringMatching(/expected .;./) as string }],
  });
});

it('a type error in a macro three headers deep: the header, and the way from the edited file to it', async () => {
  // A header of a header of a header of the unit: what is wrong is said at its own line, with the lines that led there.
  const macro = '#define HOTSPLICE_WRONG(x) ((x)->no_such_member)';
  const header = await edit('include/linux/kref.h', '#endif /* _KREF_H_ */', `${macro}\n#endif /* _KREF_H_ */`);
  const use = await edit('kernel/sys.c', LINE, `${LINE} tmp.sysname[0] = HOTSPLICE_WRONG(current);`);
  const built = await withPort(
    async (port, changes) => {
      // Only the unit that was edited: the many that read the header would compile.
      const plan = await port.plan(changes);
      const made = await port.build(changes, { id: 'wrong', description: '' });
      return { units: plan.ok ? plan.value.units.length : 0, made };
    },
    [header, use],
  );
  expect(built.units).toBeGreaterThan(100);
  expect(built.made).toMatchObject({ ok: false, code: 'compile_error' });
  const said = built.made.ok ? [] : (built.made.diagnostics ?? []);
  const error = said.find(({ severity }) => severity === 'error');
  expect(error?.message).toMatch(/no_such_member/);
  const places = [error, ...(error?.children ?? [])].map((place) => place?.path);
  expect(places).toEqual(expect.arrayContaining(['include/linux/kref.h', 'kernel/sys.c']));
});

it('a change that makes the compiler run out of memory: said as such, and the next compile works', async () => {
  const doubling = ['#define D0(x) x + x', ...[1, 2, 3, 4, 5].map((n) => `#define D${n}(x) D${n - 1}(D${n - 1}(x))`)];
  const change = await edit(
    'kernel/sys.c',
    'SYSCALL_DEFINE1(newuname',
    `${doubling.join('\n')}\nint bomb = D5(1);\nSYSCALL_DEFINE1(newuname`,
  );
  expect(await build([change])).toMatchObject({ ok: false, code: 'compiler_out_of_memory', where: 'kernel/sys.o' });
  expect(await build([await edit('kernel/sys.c', LINE, `${LINE} tmp.sysname[0] = 'H';`)])).toEqual({ ok: true });
});

const applyPatch = (patch: string) => withPort((port, text) => port.applyPatch(text), patch);

it('a patch for another version: which hunk, what it expects, what is there, where it may belong', async () => {
  const lines = (await textOf('fs/pipe.c')).split('\n').slice(100, 107);
  const context = lines.map((line, n) => (n === 3 ? `-${line} /* of another version */` : ` ${line}`));
  const patch = `--- a/fs/pipe.c\n+++ b/fs/pipe.c\n@@ -101,7 +101,6 @@\n${context.join('\n')}\n`;
  expect(await applyPatch(patch)).toMatchObject({
    ok: false,
    code: 'patch_failed',
    hunk: { path: 'fs/pipe.c', index: 1, line: 101, nearest: { line: 101 } },
  });
});

it('a patch of 5 MB, and a binary file', async () => {
  expect(
    await withPort((port) => port.applyPatch(`--- a/fs/pipe.c\n+++ b/fs/pipe.c\n${'+ more\n'.repeat(750_000)}`), undefined),
  ).toMatchObject({ ok: false, code: 'patch_too_large' });
  expect(
    await withPort((port) => port.applyPatch(Uint8Array.from({ length: 4096 }, (_, n) => (n * 167) & 0xff)), undefined),
  ).toMatchObject({ ok: false, code: 'binary_file' });
});

it('changes that compiling cannot bring about', async () => {
  const plan = (changes: readonly FileChange[]) => withPort((port, given) => port.plan(given), changes);
  expect(await plan([{ path: 'drivers/none/none.c', text: 'int none;\n' }])).toMatchObject({ ok: false, code: 'new_unit' });
  expect(await plan([{ path: 'kernel/sys.c', text: null }])).toMatchObject({ ok: false, code: 'unit_deleted' });
  expect(await plan([{ path: 'kernel/sys.c', text: await textOf('kernel/sys.c') }])).toMatchObject({ code: 'nothing_changed' });
});
