import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { folderSource } from '../../src/cli/files.ts';
import { spawnGcc } from '../../src/cli/gcc.ts';
import { preferPlainCode } from '../../src/cli/toolchain.ts';
import { openToolchain } from '../../src/engine/pipeline/open-toolchain.ts';
import { ChangedTree } from '../../src/engine/toolchain/changed-tree.ts';
import { compileUnit } from '../../src/engine/toolchain/compile-unit.ts';
import { Compiler, type CompilerModules } from '../../src/engine/toolchain/compiler.ts';
import { GccPool, type GccWork } from '../../src/engine/toolchain/gcc-pool.ts';
import { ObjectCache, type BlobStore } from '../../src/engine/toolchain/object-cache.ts';
import type { CompileProgress } from '../../src/engine/toolchain/compile-run.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { must, openPack } from './support.ts';

/* The compiler itself, in its threads. */

let compiler: Compiler;
let modules: CompilerModules;

beforeAll(async () => {
  preferPlainCode();
  compiler = must(await Compiler.open(folderSource(join(ROOT, 'public/toolchain'))));
  modules = must(await compiler.load());
});

/** A job for a source of its own, without the kernel. */
function work(text: string, more: Partial<GccWork> = {}): GccWork {
  return {
    unit: 'a.o',
    cc1: ['-quiet', '-nostdinc', 'a.c', '-m32', '-O2', '-dumpbase', 'a.c'],
    as: ['--32'],
    files: ['a.c'],
    read: () => new TextEncoder().encode(text),
    changes: new Map(),
    ...more,
  };
}

/** Takes the compiler minutes: every step doubles what is to be read. */
const ENDLESS = `#define A(x) x x
${Array.from({ length: 40 }, (_, i) => `#define A${i}(x) ${i === 0 ? 'A(x)' : `A${i - 1}(x) A${i - 1}(x)`}`).join('\n')}
int x; void f(void) { A39(x++;) }
`;

describe('one compiler in its thread', () => {
  let pool: GccPool;
  beforeAll(() => void (pool = new GccPool(() => spawnGcc(modules), 1)));
  afterAll(() => pool.close());

  test('makes an object; what the source says wrong is an outcome, and the next job is none the worse', async () => {
    const made = must(await pool.run(work('int f(int x) { return x + 1; }\n')));
    expect(made).toMatchObject({ kind: 'made', messages: { cc1: '', as: '' } });
    expect(made.kind === 'made' && [...made.output.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    const wrong = must(
      await pool.run(
        work('int f(int x) { return y; }\n', {
          unit: 'b.o',
          changes: new Map([['a.c', new TextEncoder().encode('int f(void) { return y; }\n')]]),
        }),
      ),
    );
    expect(wrong).toMatchObject({
      kind: 'failed',
      tool: 'cc1',
      messages: { cc1: expect.stringContaining("'y' undeclared") as string },
    });
    const again = must(await pool.run(work('')));
    expect(again).toEqual({ ...made, timings: expect.anything() as unknown });
  });

  test('sees only the files of its job', async () => {
    const source = '#include "other.h"\nint x = Y;\n';
    const texts: Record<string, string> = { 'b.c': source, 'other.h': '#define Y 3\n' };
    const job = work(source, {
      cc1: ['-quiet', '-nostdinc', 'b.c', '-m32'],
      read: (path) => new TextEncoder().encode(texts[path]),
    });
    expect(must(await pool.run({ ...job, files: ['b.c', 'other.h'] }))).toMatchObject({ kind: 'made' });
    const without = must(await pool.run({ ...job, files: ['b.c'] }));
    expect(without.messages.cc1).toContain('other.h: No such file or directory');
  });

  test('nesting without end is a crash of the compiler, not of the program', async () => {
    const deep = `int f(int x) { return ${'('.repeat(200_000)}x${')'.repeat(200_000)}; }\n`;
    const outcome = must(await pool.run(work('', { changes: new Map([['a.c', new TextEncoder().encode(deep)]]) })));
    expect(outcome).toMatchObject({ kind: 'crashed', tool: 'cc1', reason: 'stack' });
  });

  test('a job under way ends at once when it is cancelled, and the next one works', async () => {
    const stop = new AbortController();
    const changes = new Map([['a.c', new TextEncoder().encode(ENDLESS)]]);
    const running = pool.run(work('', { changes }), stop.signal);
    await new Promise((done) => setTimeout(done, 500));
    const began = performance.now();
    stop.abort();
    expect(await running).toMatchObject({ ok: false, code: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(must(await pool.run(work('int x;\n')))).toMatchObject({ kind: 'made' });
  });
});

test('a thread that has ended takes no job, and says so', async () => {
  const port = must(await spawnGcc(modules));
  port.close();
  await new Promise((done) => setTimeout(done, 500));
  const job = { unit: 'a.o', cc1: [], as: [], files: [], supply: [] };
  await expect(port.compile(job)).rejects.toThrow('ended');
}, 10_000);

test('a compiler that does not come to an end is ended', async () => {
  const pool = new GccPool(() => spawnGcc(modules), 1, 1500);
  expect(await pool.run(work(ENDLESS))).toMatchObject({ ok: false, code: 'compiler_timeout', where: 'a.o' });
  pool.close();
});

/** Results of compiles, in memory. */
function memoryStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  return {
    get: (key) => Promise.resolve(blobs.get(key)),
    put: (key, bytes) => Promise.resolve(void blobs.set(key, bytes)),
  };
}

test('a changed header that only a computed #include names is compiled as it is now', async () => {
  const { units, sources, objects } = must(await openToolchain(await openPack(), compiler, { spawn: spawnGcc, compilers: 1 }));
  const unit = units.unitOfSource('fs/proc/version.c');
  if (!unit) throw new Error('nothing is compiled from fs/proc/version.c');
  const header = 'include/net/af_unix.h';
  expect(sources.has(header) && !unit.deps.includes(header)).toBe(true);
  const text = new TextDecoder().decode(must(await sources.read(unit.source)));
  const pool = new GccPool(() => spawnGcc(modules), 1);
  const shop = { pool, objects, cache: new ObjectCache(memoryStore(), 'this one') };
  const returning = async (value: number) => {
    const tree = new ChangedTree(sources, [
      { path: unit.source, text: `${text}\n#define HEADER <net/af_unix.h>\n#include HEADER\n` },
      { path: header, text: `int hotsplice_test(void) { return ${value}; }\n` },
    ]);
    return must(await compileUnit(shop, unit, tree)).object;
  };
  const first = await returning(1);
  expect(first).toBeDefined();
  expect(await returning(2)).not.toEqual(first);
  pool.close();
});

test('closing ends also a compile that has no compiler yet', async () => {
  const toolchain = must(await openToolchain(await openPack(), compiler, { spawn: spawnGcc, compilers: 1 }));
  const path = 'fs/proc/version.c';
  const text = `${must(await toolchain.readFile(path))}\nint hotsplice_test;\n`;
  const compiling = toolchain.compile([{ path, text }]);
  toolchain.close();
  expect(await compiling).toMatchObject({ ok: false, code: 'cancelled' });
  expect(must(await toolchain.compile([{ path, text }])).units).toHaveLength(1);
  toolchain.close();
});

test('several units side by side: those that come out as they run are left out, and what was compiled is not compiled again', async () => {
  const store = memoryStore();
  const toolchain = must(await openToolchain(await openPack(), compiler, { spawn: spawnGcc, compilers: 2, store }));
  const header = toolchain.sources.paths
    .filter((path) => path.startsWith('include/'))
    .find((path) => [3, 4].includes(toolchain.units.readers(path).length));
  if (header === undefined) throw new Error('every header has many readers');
  const source = toolchain.units.unit(toolchain.units.readers(header)[0] ?? '')?.source ?? '';
  const changes = [
    { path: header, text: `${must(await toolchain.readFile(header))}\n` },
    { path: source, text: `${must(await toolchain.readFile(source))}\nint hotsplice_test(int x) { return x * 7; }\n` },
  ];
  const plan = must(await toolchain.plan(changes));
  const events: CompileProgress[] = [];
  const first = must(await toolchain.compile(changes, { onProgress: (event) => events.push(event) }));
  expect(first.units.map((unit) => unit.path)).toContain(toolchain.units.unitOfSource(source)?.object);
  expect(first.units.length + first.same.length).toBe(plan.units.length);
  expect(first.same.length).toBeGreaterThan(0);
  expect(events.at(-1)).toMatchObject({ done: plan.units.length, total: plan.units.length, secondsLeft: 0 });
  const second = must(await toolchain.compile(changes));
  expect(second.units.map(({ path, post, cached }) => [path, post, cached])).toEqual(
    first.units.map(({ path, post }) => [path, post, true]),
  );
  expect(second.same).toEqual(first.same);
  expect(second.milliseconds).toBeLessThan(first.milliseconds / 4);
  toolchain.close();
});
