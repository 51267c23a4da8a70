import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REFUSALS } from '../../src/engine/diff/refusal.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { hotsplice, lessonNumber } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-cli-'));
const at = (name: string) => join(folder, name);

function lessonArguments(number: number): string[] {
  const { folder: lesson } = lessonNumber(number);
  return ['--pre', join(lesson, 'objects/pre'), '--post', join(lesson, 'objects/post'), '--patch', join(lesson, 'change.patch')];
}

beforeAll(async () => {
  for (const [number, id] of [
    [1, 'version'],
    [2, 'utimensat'],
    [5, 'kthreadd'],
  ] as const) {
    const made = await hotsplice('create', ...lessonArguments(number), '--id', id, '--timestamp', '0', '-o', at(`${id}.tar.gz`));
    expect(made.stderr).toBe('');
    expect(made.status).toBe(0);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

test('kernels lists the pack, also as JSON', async () => {
  const text = await hotsplice('kernels');
  expect([text.status, text.stdout]).toEqual([0, expect.stringContaining('6.1.170-integrated')]);
  const json = JSON.parse((await hotsplice('kernels', '--json')).stdout) as {
    kernels: { id: string; holes: { id: string }[] }[];
  };
  expect(json.kernels[0]?.holes[0]?.id).toBe('CVE-2022-0847');
});

test('boot runs commands and exits with the last one’s status', async () => {
  const run = await hotsplice('boot', '--exec', 'uname -sm; echo oops >&2', '--exec', 'exit 7', '--json');
  expect(run.status).toBe(7);
  expect(JSON.parse(run.stdout)).toMatchObject({
    commands: [
      { cmd: 'uname -sm; echo oops >&2', status: 0, stdout: 'Linux i686\n', stderr: 'oops\n' },
      { cmd: 'exit 7', status: 7 },
    ],
  });
});

test('boot copies files in and can be another user', async () => {
  writeFileSync(at('hello'), '#!/bin/sh\nid -un\n', { mode: 0o755 });
  const run = await hotsplice('boot', '--put', `${at('hello')}=/tmp/hello`, '--user', 'student', '--exec', '/tmp/hello');
  expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\$ \/tmp\/hello\nstudent\n$/) as string });
});

test('diff tells what differs and why', async () => {
  const { folder: lesson } = lessonNumber(2);
  const objects = ['pre', 'post'].map((side) => join(lesson, 'objects', side, 'fs/utimes.o'));
  const text = await hotsplice('diff', ...objects);
  expect(text.stdout).toMatch(/^fs\/utimes\.o {2}changed\n/);
  const json = JSON.parse((await hotsplice('diff', ...objects, '--json')).stdout) as {
    verdict: string;
    functions: { reasons: unknown[] }[];
  };
  expect(json.verdict).toBe('changed');
  expect(json.functions.length).toBeGreaterThan(0);
  expect(json.functions.every((change) => change.reasons.length > 0)).toBe(true);
  const same = JSON.parse((await hotsplice('diff', objects[0] ?? '', objects[0] ?? '', '--json')).stdout) as unknown;
  expect(same).toMatchObject({ verdict: 'unchanged', functions: [] });
});

test('diff --why shows the instructions side by side and the line of the patch that leads to them', async () => {
  const { folder: lesson } = lessonNumber(2);
  const objects = ['pre', 'post'].map((side) => join(lesson, 'objects', side, 'fs/utimes.o'));
  const patch = ['--patch', join(lesson, 'change.patch')];
  const short = await hotsplice('diff', ...objects, ...patch);
  expect(short.stdout).toContain('← fs/utimes.c:169 → __ia32_sys_utimensat()');
  const text = await hotsplice('diff', ...objects, ...patch, '--why');
  expect(text.stdout).toMatch(/fs\/utimes\.c:169\n +↳ __ia32_sys_utimensat\(\) +The patch changes 3 lines of/);
  expect(text.stdout).toMatch(/≠ \+11 +mov ebx, dword ptr \[eax\] +│ \+11 +mov ebx, dword ptr \[eax \+ 4\]/);
  const json = JSON.parse((await hotsplice('diff', ...objects, ...patch, '--why', '--json')).stdout) as { why: unknown };
  expect(json.why).toMatchObject({
    object: 'fs/utimes.o',
    functions: [
      {
        name: '__ia32_sys_utimensat',
        pieces: [{ symbol: '__ia32_sys_utimensat', rows: expect.any(Array) as unknown[] }],
        chains: [{ steps: [{ node: { kind: 'patch', path: 'fs/utimes.c', line: 169 } }, { link: { via: 'lines' } }] }],
      },
      { name: '__ia32_sys_utimensat_time32' },
    ],
  });
});

test('create gives equal bytes for equal inputs', async () => {
  const again = await hotsplice(
    'create',
    ...lessonArguments(1),
    '--id',
    'version',
    '--timestamp',
    '0',
    '-o',
    at('again.tar.gz'),
    '--json',
  );
  expect(JSON.parse(again.stdout)).toMatchObject({ id: 'version', file: at('again.tar.gz') });
  expect(readFileSync(at('again.tar.gz'))).toEqual(readFileSync(at('version.tar.gz')));
});

test('inspect tells what is in an update', async () => {
  const text = await hotsplice('inspect', at('version.tar.gz'));
  expect(text.stdout).toContain('6.1.170-integrated');
  const json = JSON.parse((await hotsplice('inspect', at('version.tar.gz'), '--json')).stdout) as Record<string, unknown>;
  expect(json).toMatchObject({
    id: 'version',
    kernel: '6.1.170-integrated',
    patch: expect.stringContaining('version.c') as string,
  });
});

test('apply with --undo: differs after, is as before when undone', async () => {
  const look = ['--before', 'cat /proc/version', '--after', 'cat /proc/version'];
  const run = await hotsplice('apply', at('version.tar.gz'), at('utimensat.tar.gz'), ...look, '--undo', '--json');
  expect(run.status).toBe(0);
  const report = JSON.parse(run.stdout) as Record<'before' | 'after' | 'undone', { stdout: string }[]> & {
    updates: unknown[];
    kernelLog: string[];
  };
  expect(report.updates).toMatchObject([
    {
      id: 'version',
      stage: 'applied',
      abortCause: 'ok',
      tries: expect.any(Number) as number,
      stopInstructions: expect.any(Number) as number,
    },
    { id: 'utimensat', stage: 'applied', abortCause: 'ok' },
  ]);
  expect(report.after[0]?.stdout).not.toBe(report.before[0]?.stdout);
  expect(report.undone).toEqual(report.before);
  expect(report.kernelLog.join('\n')).toMatch(/ksplice/i);
});

test('apply tells people what happened', async () => {
  const run = await hotsplice('apply', at('version.tar.gz'), '--undo');
  expect(run.status).toBe(0);
  for (const word of [
    'applied in',
    'matched   ',
    'inferred',
    'instructions',
    'spliced',
    'a jump to 0x',
    'restored',
    'undone in',
  ]) {
    expect(run.stdout).toContain(word);
  }
});

test('apply exits with 1 for what the core refuses, and says who stood in the way', async () => {
  const run = await hotsplice('apply', at('kthreadd.tar.gz'), '--json');
  expect(run.status).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    updates: [
      { id: 'kthreadd', stage: 'preparing', abortCause: 'code_busy', tries: 5, conflicts: [{ comm: 'kthreadd', pid: 2 }] },
    ],
  });
});

describe('hotsplice diff', () => {
  const fixture = (name: string) => ['pre', 'post'].map((side) => join(ROOT, `tests/fixtures/objects/${name}.${side}.o`));

  test('tells the rule behind a refusal and the way out', async () => {
    const run = await hotsplice('diff', ...fixture('data'));
    const { rule, remedy } = REFUSALS.data_changed;
    expect([run.status, run.stderr]).toEqual([1, '']);
    for (const line of ['(data_changed)', 'in data.c, tunable', rule, remedy]) expect(run.stdout).toContain(line);
    // Other units know it: that cannot be allowed.
    expect(run.stdout).not.toContain('--allow');
    expect((await hotsplice('diff', ...fixture('data'), '--allow', 'data_changed')).status).toBe(1);
  });

  test('says that boot code differs where nothing else does', async () => {
    const run = await hotsplice('diff', ...fixture('init'));
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(/unchanged: nothing would behave differently$/m);
    expect(run.stdout).toContain('left out  setup (.init.text): boot code differs: it has already run, nothing to ship');
  });

  test('shows with --why that functions which stay differ only in line numbers', async () => {
    const run = await hotsplice('diff', ...fixture('lines'), '--why');
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('only line numbers moved in warns, reports');
    expect(run.stdout).toMatch(/~ \+1 +mov edx, 0x67 +│ \+1 +mov edx, 0x6d\n.*line: Line 109 instead of 103\./);
    expect(run.stdout).not.toContain('≠');
  });

  test('says what it took for the same though the name differs, and why', async () => {
    const run = await hotsplice('diff', ...fixture('renumbered'));
    expect(run.stdout).toMatch(/the same +work\.constprop\.0 → work\.constprop\.1 \(\.text\S*\), by its contents/);
  });

  test('allows only what Ksplice would have warned of', async () => {
    const run = await hotsplice('diff', ...fixture('data'), '--allow', 'static_key');
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain('Only these can be allowed: data_changed, ignored_section, init_changed.');
  });
});

describe('bad input is a typed failure with exit status 1', () => {
  const object = () => readFileSync(join(lessonNumber(2).folder, 'objects/pre/fs/utimes.o'));

  async function error(...args: string[]): Promise<{ code: string; where?: string; hint?: string; message: string }> {
    const run = await hotsplice(...args, '--json');
    expect(run.status).toBe(1);
    return (JSON.parse(run.stdout) as { error: { code: string; message: string } }).error;
  }

  test('a file that is not there', async () => {
    expect(await error('inspect', at('none'))).toMatchObject({ code: 'file', where: at('none'), found: 'ENOENT' });
  });

  test('a truncated object', async () => {
    writeFileSync(at('short.o'), object().subarray(0, 900));
    const found = await error('diff', at('short.o'), at('short.o'));
    expect(found.code).toMatch(/elf/);
    expect(found.where).toContain('short.o');
  });

  test('a file that is no object', async () => {
    writeFileSync(at('text.o'), 'This is text, not an object.\n'.repeat(9));
    expect((await error('diff', at('text.o'), at('text.o'))).code).toMatch(/elf/);
  });

  test('an object for another architecture', async () => {
    const bytes = object();
    bytes.writeUInt16LE(40, 18); // e_machine: ARM
    writeFileSync(at('arm.o'), bytes);
    const found = await error('diff', join(lessonNumber(2).folder, 'objects/pre/fs/utimes.o'), at('arm.o'));
    expect(found).toMatchObject({
      expected: expect.stringMatching(/386/) as string,
      found: expect.stringMatching(/ARM|40/) as string,
    });
  });

  test.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    [
      'with a changed byte',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 0xff : byte))),
    ],
    ['that is none', () => Buffer.from('no tarball at all')],
  ])('a tarball %s', async (name, change) => {
    const file = at(`bad ${name}.tar.gz`);
    writeFileSync(file, change(readFileSync(at('version.tar.gz'))));
    const inspected = await error('inspect', file);
    expect(inspected.code).toMatch(/^bad_/);
    expect((await error('apply', file)).code).toBe(inspected.code);
  });

  test('a pack file whose hash is wrong, and an update for another kernel', async () => {
    mkdirSync(at('packs'));
    cpSync(join(ROOT, 'public/kernels'), at('packs'), { recursive: true });
    const id = '6.1.170-integrated';
    const bios = at(`packs/${id}/bios.bin`);
    const bytes = readFileSync(bios);
    writeFileSync(bios, Buffer.from(bytes.map((byte, i) => (i === 1000 ? byte ^ 1 : byte))));
    const damaged = await error('boot', '--packs', at('packs'));
    expect(damaged).toMatchObject({ code: 'pack_hash', where: `kernels/${id}/bios.bin`, hint: expect.any(String) as string });
    writeFileSync(bios, bytes);

    const manifest = readFileSync(at(`packs/${id}/manifest.json`), 'utf8');
    writeFileSync(at(`packs/${id}/manifest.json`), manifest.replaceAll('6.1.170-hotsplice', '6.1.171-other'));
    const made = await hotsplice(
      'create',
      '--packs',
      at('packs'),
      ...lessonArguments(1),
      '--id',
      'other',
      '-o',
      at('other.tar.gz'),
    );
    expect(made.status).toBe(0);
    expect(await error('apply', at('other.tar.gz'))).toMatchObject({
      code: 'other_kernel',
      expected: expect.stringContaining('6.1.170-hotsplice') as string,
      found: expect.stringContaining('6.1.171-other') as string,
    });
  });

  test('an unknown kernel', async () => {
    expect(await error('boot', '--kernel', 'none')).toMatchObject({
      code: 'unknown_kernel',
      expected: expect.stringContaining('6.1.170') as string,
    });
  });

  test('objects that do not pair, and objects that are equal', async () => {
    const { folder: lesson } = lessonNumber(1);
    cpSync(join(lesson, 'objects/pre'), at('pre'), { recursive: true });
    expect(await error('create', '--pre', at('pre'), '--post', at('pre'))).toMatchObject({ code: 'no_changes' });
    cpSync(join(lessonNumber(2).folder, 'objects/post'), at('pre'), { recursive: true });
    expect(await error('create', '--pre', at('pre'), '--post', join(lesson, 'objects/post'))).toMatchObject({
      code: 'lone_object',
      where: 'fs/utimes.o',
    });
  });

  test('is told to people with what, where and the way out', async () => {
    const run = await hotsplice('boot', '--kernel', 'none');
    expect([run.status, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toMatch(/no such kernel pack.*\(unknown_kernel\)\n {2}where +none\n {2}expected .*\n {2}hint /);
  });
});

describe('wrong usage has exit status 2', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['fly']],
    ['an unknown option', ['kernels', '--fast']],
    ['an argument too few', ['diff', 'a.o']],
    ['an argument too many', ['inspect', 'a', 'b']],
    ['create without patch and objects', ['create']],
    ['create with half of the objects', ['create', '--pre', 'a', '--patch', 'b']],
    ['compile without a place', ['compile', '--patch', 'a']],
    ['compilers that are none', ['compile', '--patch', 'a', '-o', 'b', '--jobs', '0']],
    ['an id that is none', ['create', '--pre', 'a', '--post', 'b', '--id', 'No-Id']],
    ['a timestamp that is none', ['create', '--pre', 'a', '--post', 'b', '--timestamp', 'now']],
    ['an unknown user', ['boot', '--user', 'mallory']],
    ['a timeout that is none', ['boot', '--timeout', '-1']],
    ['a file to put without a place', ['boot', '--put', 'file']],
  ])('%s', async (_name, args) => {
    const run = await hotsplice(...args);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).not.toBe('');
  });

  test('help and version are no errors', async () => {
    expect(await hotsplice('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('apply') as string,
    });
    expect((await hotsplice('apply', '--help')).stdout).toContain('--undo');
    expect((await hotsplice('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
