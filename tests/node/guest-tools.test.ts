import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ExecResult } from '../../src/engine/guest/guest.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { gunzip, gzip } from '../../src/engine/update/gzip.ts';
import { readTar, writeTar } from '../../src/engine/update/tar.ts';
import {
  buildUpdate,
  installPrograms,
  lessonNumber,
  lessonUpdate,
  must,
  openSession,
  runCheck,
  shell,
  unitsOf,
} from './support.ts';

/** ksplice-apply, ksplice-undo and ksplice-view, as a person uses them in the guest's terminal. */
let session: Session;

beforeAll(async () => {
  session = await openSession();
});

afterAll(() => session.close());

beforeEach(async () => {
  must(await session.reset());
});

function run(command: string, user: 'root' | 'student' = 'root'): Promise<ExecResult> {
  return session.guest.exec({ command, user, timeoutMs: 60_000 }).then(must);
}

const FILE = '/tmp/update.tar.gz';

/** Puts an update into the guest, as the page does when a person drops a file. */
async function put(tarball: Uint8Array, path = FILE): Promise<void> {
  must(await session.guest.writeFile(path, tarball, 0o644));
}

/** The update with some of its files replaced (or, with `undefined`, left out). */
function withFiles(tarball: Uint8Array, change: (name: string, text: string) => string | undefined): Uint8Array {
  const files = must(readTar(must(gunzip(tarball)))).flatMap(({ name, bytes }) => {
    if (name.endsWith('.ko')) return [{ name, bytes }];
    const text = change(name.slice(name.indexOf('/') + 1), new TextDecoder().decode(bytes));
    return text === undefined ? [] : [{ name, bytes: new TextEncoder().encode(text) }];
  });
  return gzip(writeTar(files, 0), 0);
}

/** The update with other bytes in the module whose file name ends so. */
function withModule(tarball: Uint8Array, end: string, bytes: Uint8Array): Uint8Array {
  const files = must(readTar(must(gunzip(tarball))));
  return gzip(
    writeTar(
      files.map((file) => (file.name.endsWith(end) ? { name: file.name, bytes } : file)),
      0,
    ),
    0,
  );
}

describe('ksplice-apply', () => {
  test('applies a tarball, ksplice-view lists it, ksplice-undo takes it away', async () => {
    const lesson = lessonNumber(2);
    const { id, tarball } = await lessonUpdate(lesson);
    await installPrograms(session, lesson);
    const before = await runCheck(session, lesson);
    await put(tarball);

    expect(await run(`ksplice-apply ${FILE}`)).toEqual({ status: 0, stdout: 'Done!\n', stderr: '' });
    expect((await runCheck(session, lesson)).status).not.toBe(before.status);
    expect(await shell(session, 'cut -d" " -f1 /proc/modules | grep ksplice')).toBe(`ksplice_${id}_vmlinux_new\n`);
    expect((await run('ksplice-view')).stdout).toBe(`${id}: no description available\n`);
    expect((await run('ksplice-view -q')).stdout).toBe(`${id}\n`);
    expect((await run(`ksplice-view --id=${id}`)).stdout).toContain(`${id} is loaded; stage: applied`);

    expect(await run(`ksplice-apply ${FILE}`)).toMatchObject({ status: 0, stdout: `${id} is in force already.\n` });
    expect(await run(`ksplice-undo ksplice_${id}_vmlinux_new`)).toEqual({ status: 0, stdout: 'Done!\n', stderr: '' });
    expect(await runCheck(session, lesson)).toEqual(before);
    expect(await run('ksplice-view; grep -c ksplice /proc/modules; ls /tmp')).toMatchObject({
      stdout: expect.stringMatching(/^0\n/),
    });
    expect((await run('ls -d /tmp/ksplice.* /var/run/ksplice/updates/*')).stdout).toBe('');
  });

  test('shows the patch and the description of an update, from the file and once it is applied', async () => {
    const { id, tarball } = await lessonUpdate(lessonNumber(1));
    const described = withFiles(tarball, (name, text) => (name === 'patch' ? '--- a/x\n+++ b/x\n' : text));
    const files = must(readTar(must(gunzip(described))));
    const description = { name: `ksplice-${id}/description`, bytes: new TextEncoder().encode('another release name\n') };
    await put(gzip(writeTar([...files, description], 0), 0));
    expect((await run(`ksplice-view --file=${FILE}`)).stdout).toBe('--- a/x\n+++ b/x\n');
    expect((await run(`ksplice-apply ${FILE}`)).stdout).toBe('Done!\n');
    expect((await run('ksplice-view')).stdout).toBe(`${id}: another release name\n`);
    expect((await run(`ksplice-view --id=${id}`)).stdout).toContain('+++ b/x');
    expect((await run(`ksplice-undo ${id}`)).status).toBe(0);
  });

  test('takes the folder of an update as well as the file', async () => {
    const { id, tarball } = await lessonUpdate(lessonNumber(2));
    await put(tarball);
    await shell(session, `tar -xzf ${FILE} -C /root`);
    expect(await run(`ksplice-apply /root/ksplice-${id}/`)).toMatchObject({ status: 0, stdout: 'Done!\n' });
    expect((await run(`ksplice-undo ${id}`)).status).toBe(0);
  });

  test('says who stands in the way of an update, and leaves nothing behind', async () => {
    const { tarball } = await lessonUpdate(lessonNumber(5));
    await put(tarball);
    const refused = await run(`ksplice-apply --debugfile=/root/debug ${FILE}`);
    expect(refused.status).toBe(255);
    expect(refused.stderr).toMatch(/a thread was in the code concerned, in every try:\n {2}kthreadd \(pid 2\) is in kthreadd/);
    expect(await shell(session, 'grep -c "event=\\|try n=" /root/debug')).not.toBe('0\n');
    expect(await shell(session, 'grep -c ksplice /proc/modules || true')).toBe('0\n');
    const raw = await run(`ksplice-apply --raw-errors ${FILE}`);
    expect(raw.status).toBe(255);
    expect(raw.stderr).toMatch(/^code_busy\nkthreadd 2 kthreadd/);
  }, 60_000);

  test('names the cause of a kernel that is not the one the update was made from', async () => {
    const [unit] = await unitsOf(lessonNumber(2));
    const [other] = await unitsOf(lessonNumber(1));
    if (!unit || !other) throw new Error('A lesson has no unit.');
    // The pre object with another constant: what it says is nowhere in this kernel.
    const doctor = (bytes: Uint8Array): Uint8Array => {
      const copy = bytes.slice();
      const at = Buffer.from(copy).indexOf(Buffer.from([0x83, 0xec]));
      copy[at + 2] = (copy[at + 2] ?? 0) + 4;
      return copy;
    };
    await put(await buildUpdate('foreign', [{ ...unit, pre: doctor(unit.pre), post: doctor(unit.post) }]));
    const refused = await run(`ksplice-apply ${FILE}`);
    expect(refused).toMatchObject({ status: 255, stdout: '' });
    expect(refused.stderr).toContain('the running kernel is not what this update was made for.');
    expect((await run(`ksplice-apply --raw-errors ${FILE}`)).stderr).toBe('no_match\n');
  });

  test('refuses what is no update, or not one for this kernel, before anything is loaded', async () => {
    const { tarball } = await lessonUpdate(lessonNumber(2));
    const cases: [string, Uint8Array, RegExp][] = [
      ['nothing', new Uint8Array(0), /not an update/],
      ['text', new TextEncoder().encode('hello\n'), /not an update/],
      ['cut off', tarball.subarray(0, tarball.length >> 1), /not an update/],
      ['another format', withFiles(tarball, (name, text) => (name === 'api-version' ? '2\n' : text)), /an update of format '2'/],
      [
        'another kernel',
        withFiles(tarball, (name, text) => (name === 'utsname' ? text.replace(/Release:.*/, 'Release: 5.10') : text)),
        /made for 5\.10/,
      ],
      ['no contents', withFiles(tarball, (name, text) => (name === 'contents' ? '' : text)), /name no change/],
      [
        'a file elsewhere',
        withFiles(tarball, (name, text) => (name === 'contents' ? text.replace(/\S+-old\.ko/, '../../etc/passwd') : text)),
        /missing|name/,
      ],
      ['a module that is none', withModule(tarball, '-old.ko', new Uint8Array(64)), /did not load ksplice-.*-old\.ko/],
    ];
    for (const [what, bytes, words] of cases) {
      await put(bytes);
      const refused = await run(`ksplice-apply ${FILE}`);
      expect(refused.status, what).toBe(255);
      expect(refused.stderr, what).toMatch(words);
      expect((await run(`ksplice-apply --raw-errors ${FILE}`)).stderr, what).toMatch(/^OTHER\n/);
    }
    expect(await shell(session, 'grep -c ksplice /proc/modules || true; ls -d /tmp/ksplice.* 2> /dev/null || true')).toBe('0\n');
  });

  test('is for root, and says how it is used', async () => {
    await put((await lessonUpdate(lessonNumber(2))).tarball);
    expect(await run(`ksplice-apply ${FILE}`, 'student')).toMatchObject({
      status: 255,
      stderr: 'ksplice-apply: only root can change the kernel.\n',
    });
    expect(await run('ksplice-apply')).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage: ksplice-apply/) });
    expect(await run('ksplice-apply --nonsense x')).toMatchObject({ status: 2 });
    expect(await run('ksplice-undo nothing')).toMatchObject({
      status: 255,
      stderr: 'ksplice-undo: nothing: no such update is loaded (ksplice-view lists those that are).\n',
    });
  });
});
