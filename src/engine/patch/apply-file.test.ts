import { describe, expect, test } from 'vitest';
import { applied, CHANGED, FILE, numbered, PATCH, refused } from '../../../tests/fixtures/patches.ts';
import { isPatchFailure } from './patch-failure.ts';
import { writePatch } from './write.ts';

describe('a hunk finds its place', () => {
  test('further down, and the hunks behind it follow', async () => {
    const file = numbered(100);
    const text = writePatch([{ path: 'x', before: file, after: file.replace('line 20\n', 'a\n').replace('line 70\n', 'b\n') }]);
    const moved = `${numbered(30, 'other')}${file}`;
    const { files, notes } = await applied(text, { x: moved });
    expect(files[0]?.text).toBe(moved.replace('\nline 20\n', '\na\n').replace('\nline 70\n', '\nb\n'));
    expect(notes).toEqual([
      { path: 'x', hunk: 1, offset: 30, fuzz: 0, lineEnds: false },
      { path: 'x', hunk: 2, offset: 30, fuzz: 0, lineEnds: false },
    ]);
  });

  test('at the nearest of several places', async () => {
    const block = 'a\nb\nc\nd\n';
    const file = block.repeat(9);
    const text = '--- x\n+++ x\n@@ -17,3 +17,3 @@\n a\n-b\n+B\n c\n';
    expect((await applied(text, { x: `0\n${file}` })).files[0]?.text).toBe(`0\n${block.repeat(4)}a\nB\nc\nd\n${block.repeat(4)}`);
  });

  test.each([1, 2])('with fuzz %d', async (fuzz) => {
    const file = FILE.replace(fuzz === 1 ? 'line 7\n' : 'line 8\n', 'other\n');
    const { files, notes } = await applied(PATCH, { 'fs/x.c': file });
    expect(files[0]?.text).toBe(file.replace('line 10\n', 'new line\n'));
    expect(notes).toMatchObject([{ offset: 0, fuzz }]);
  });

  test('not with less context, and not elsewhere with fuzz if there are two such places', async () => {
    expect(await refused(PATCH, { 'fs/x.c': FILE.replace('line 9\n', 'other\n') })).toMatchObject({ code: 'patch_failed' });
    const part = FILE.replace('line 7\n', 'other\n');
    expect(await refused(PATCH, { 'fs/x.c': `0\n${part}${part}` })).toMatchObject({ code: 'patch_failed' });
    expect((await applied(PATCH, { 'fs/x.c': `0\n${part}` })).notes).toMatchObject([{ offset: 1, fuzz: 1 }]);
  });

  test('line ends: a CR LF patch for an LF file, and the other way', async () => {
    const crlf = FILE.replaceAll('\n', '\r\n');
    const body = PATCH.replace(/^ .*|^[-+]\w.*/gm, '$&\r');
    expect(body).toContain('\n+++ b/fs/x.c\n');
    expect(await applied(body, { 'fs/x.c': FILE })).toMatchObject({ files: [{ text: CHANGED }], notes: [{ lineEnds: true }] });
    expect(await applied(PATCH, { 'fs/x.c': crlf })).toMatchObject({
      files: [{ text: CHANGED.replaceAll('\n', '\r\n') }],
      notes: [{ lineEnds: true }],
    });
    expect(await applied(body, { 'fs/x.c': crlf })).toMatchObject({
      files: [{ text: CHANGED.replaceAll('\n', '\r\n') }],
      notes: [],
    });
  });
});

describe('a hunk that does not apply', () => {
  test('says which, what it expects, what is there, and the nearest place', async () => {
    const file = `${numbered(40, 'other')}${FILE.replace('line 10\n', 'line ten\n').replace('line 11\n', 'line eleven\n')}`;
    const found = await refused(PATCH, { 'fs/x.c': file });
    expect(found).toMatchObject({ code: 'patch_failed', where: 'fs/x.c:7 (line 4 of the patch)' });
    expect(found.hint).toMatch(/line 47: 5 of 7 lines/);
    if (!isPatchFailure(found)) throw new Error('no hunk');
    expect(found.hunk).toMatchObject({
      path: 'fs/x.c',
      index: 1,
      line: 7,
      expected: [7, 8, 9, 10, 11, 12, 13].map((n) => `line ${n}`),
      found: [7, 8, 9, 10, 11, 12, 13].map((n) => `other ${n}`),
      nearest: { line: 47, matches: 5 },
    });
    expect(found.hunk.nearest?.lines[3]).toBe('line ten');
  });

  test('nothing is like it: the function that the hunk names', async () => {
    const file = `${'something else\n'.repeat(30)}int f(void)\n{\n}\n`;
    const found = await refused(PATCH, { 'fs/x.c': file });
    expect(isPatchFailure(found) && found.hunk.nearest).toMatchObject({ line: 31, matches: 0 });
  });

  test('the file is too short', async () => {
    expect(await refused(PATCH, { 'fs/x.c': 'x\n' })).toMatchObject({ code: 'patch_failed', found: 'the end of the file' });
  });

  test('only white space differs', async () => {
    const text = PATCH.replaceAll('line 9', '        line 9');
    const found = await refused(text, { 'fs/x.c': FILE.replace('line 9', '\tline 9') });
    expect(found.hint).toContain('white space');
  });

  test('many that do not: another kernel version', async () => {
    const before = numbered(200);
    const after = before.replace(/line \d*5\n/g, 'changed\n');
    const other = before.replace(/line (\d*4)\n/g, 'other $1\n').replace(/line (\d*6)\n/g, 'other $1\n');
    const found = await refused(writePatch([{ path: 'x', before, after }]), { x: other.replaceAll('5', '6') });
    expect(found.hint).toContain('another kernel version');
  });

  test('it is in the file already', async () => {
    expect(await refused(PATCH, { 'fs/x.c': CHANGED })).toMatchObject({
      code: 'already_applied',
      where: expect.stringContaining('fs/x.c:7') as string,
    });
    expect(await refused(PATCH, { 'fs/x.c': `0\n${CHANGED}` })).toMatchObject({ code: 'already_applied' });
  });

  test('it is in already, and would fit a second time further on', async () => {
    const found = await refused(PATCH, { 'fs/x.c': CHANGED + FILE });
    expect(found).toMatchObject({ code: 'already_applied' });
  });

  test('a part of the patch is in already', async () => {
    const before = numbered(100);
    const half = before.replace('line 20\n', 'a\n');
    const found = await refused(writePatch([{ path: 'x', before, after: half.replace('line 70\n', 'b\n') }]), { x: half });
    expect(found).toMatchObject({ code: 'patch_failed' });
    expect(found.message).toMatch(/Hunk 1 of x is in this kernel already/);
  });

  test('is found out in bounded time in a file of 10,000 lines, however alike they are', async () => {
    const file = Array.from({ length: 10_000 }, (_, i) => ['\treturn 0;\n', '}\n', '\n', `int f${i}(void)\n`, '{\n'][i % 5]).join(
      '',
    );
    const hunk = (at: number) =>
      `@@ -${at},7 +${at},7 @@\n \treturn 0;\n }\n \n-int g${at}(void)\n+int h(void)\n {\n \treturn 0;\n }\n`;
    const text = `--- x\n+++ x\n${Array.from({ length: 500 }, (_, i) => hunk(i * 15 + 1)).join('')}`;
    const began = performance.now();
    expect(await refused(text, { x: file })).toMatchObject({
      code: 'patch_failed',
      message: expect.stringContaining('500 of 500') as string,
    });
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
