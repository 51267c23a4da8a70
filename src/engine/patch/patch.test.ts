import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure, Result } from '../failure.ts';
import { applyPatch, type AppliedPatch } from './apply.ts';
import { parsePatch } from './parse.ts';
import { PATCH_LIMITS, type Patch } from './patch.ts';
import { isPatchFailure } from './patch-failure.ts';
import { writePatch } from './write.ts';

type Files = Readonly<Record<string, string>>;

function parsed(text: string | Uint8Array): Patch {
  const patch = parsePatch(text);
  if (!patch.ok) throw new Error(JSON.stringify(patch));
  return patch.value;
}

function apply(text: string, files: Files): Promise<Result<AppliedPatch>> {
  const has = new Map(Object.entries(files));
  return applyPatch(parsed(text), (path) => Promise.resolve({ ok: true, value: has.get(path) }));
}

async function applied(text: string, files: Files): Promise<AppliedPatch> {
  const result = await apply(text, files);
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
}

async function refused(text: string, files: Files): Promise<Failure> {
  const result = await apply(text, files);
  if (result.ok) throw new Error(JSON.stringify(result.value));
  return result;
}

const numbered = (count: number, word = 'line') => Array.from({ length: count }, (_, i) => `${word} ${i + 1}\n`).join('');
const FILE = numbered(20);
const CHANGED = FILE.replace('line 10\n', 'new line\n');
const PATCH = `diff --git a/fs/x.c b/fs/x.c
--- a/fs/x.c
+++ b/fs/x.c
@@ -7,7 +7,7 @@ int f(void)
 line 7
 line 8
 line 9
-line 10
+new line
 line 11
 line 12
 line 13
`;

describe('a patch of any make is read', () => {
  test.each([
    ['git', PATCH],
    ['plain', PATCH.replace(/^diff.*\n/, '')],
    ['plain, with times', PATCH.replace(/^diff.*\n/, '').replace('a/fs/x.c', 'a/fs/x.c\t2026-04-30 09:19:11.000000000 +0000')],
    ['times behind spaces', PATCH.replace('+++ b/fs/x.c', '+++ b/fs/x.c  2026-04-30 09:19:11.000000000 +0000')],
    ['without prefixes', PATCH.replaceAll(/ [ab]\/fs/g, ' fs')],
    [
      'with other prefixes',
      PATCH.replace(/^diff.*\n/, '')
        .replace('a/', 'linux-6.1.orig/')
        .replace('b/', 'linux-6.1/'),
    ],
    ['of a saved copy', PATCH.replace(/^diff.*\n/, '').replace('a/fs/x.c', 'a/fs/x.c.orig')],
    ['a mail', `From 0123 Mon Sep 17\nSubject: [PATCH] fix\n\n---\n fs/x.c | 2 +-\n\n${PATCH}-- \n2.39.2\n\n`],
    ['converted to CR LF', PATCH.replaceAll('\n', '\r\n')],
    ['quoted name', PATCH.replaceAll('b/fs/x.c', '"b/fs/\\170.c"')],
    ['without its last line feed', PATCH.slice(0, -1)],
    ['with ./', PATCH.replaceAll('/fs/', '/./fs/')],
  ])('%s', async (_name, text) => {
    expect(await applied(text, { 'fs/x.c': FILE })).toEqual({
      files: [{ path: 'fs/x.c', text: CHANGED }],
      notes: [],
      leftOut: [],
    });
  });

  test('UTF-16 with its mark, as bytes', () => {
    const bytes = new Uint8Array(new Uint16Array(Array.from(`\uFEFF${PATCH}`, (c) => c.charCodeAt(0))).buffer);
    expect(parsed(bytes)).toEqual(parsed(PATCH));
  });

  test('the text before the first file is kept', () => {
    expect(parsed(`Subject: fix\n\n${PATCH}`).description).toBe('Subject: fix\n');
  });

  test('an old mail that is not UTF-8 outside its hunks', () => {
    const bytes = Uint8Array.from(`From: J\xF6rg\n\n${PATCH}`, (c) => c.charCodeAt(0));
    expect(parsed(bytes).files).toHaveLength(1);
  });

  test('blank context lines that lost their space, also at the end', async () => {
    const text = PATCH.replace(' line 8\n', '\n').replace(' line 13\n', '');
    const file = FILE.replace('line 8\n', '\n').replace('line 13\n', '\n');
    expect((await applied(text, { 'fs/x.c': file })).files[0]?.text).toBe(file.replace('line 10\n', 'new line\n'));
  });
});

describe('files come, go and move', () => {
  const rename = (more = '') => `diff --git a/a.h b/b.h\nsimilarity index 90%\nrename from a.h\nrename to b.h\n${more}`;

  test('new, deleted, empty', async () => {
    const text = writePatch([
      { path: 'new.h', before: undefined, after: 'int a;\n' },
      { path: 'old.h', before: 'int b;', after: undefined },
      { path: 'empty.h', before: undefined, after: '' },
    ]);
    expect(text).toContain('\\ No newline at end of file');
    expect((await applied(text, { 'old.h': 'int b;' })).files).toEqual([
      { path: 'new.h', text: 'int a;\n' },
      { path: 'old.h', text: null },
      { path: 'empty.h', text: '' },
    ]);
  });

  test('new and deleted as diff -N tells it', async () => {
    const [none, some] = ['1970-01-01 01:00:00.000000000 +0100', '2026-04-30 09:19:11.000000000 +0000'];
    const text = `--- a/new.h\t${none}\n+++ b/new.h\t${some}\n@@ -0,0 +1 @@\n+x\n--- a/old.h\t${some}\n+++ b/old.h\t${none}\n@@ -1 +0,0 @@\n-y\n`;
    expect((await applied(text, { 'old.h': 'y\n' })).files).toEqual(
      [
        { path: 'old.h', text: null },
        { path: 'new.h', text: 'x\n' },
      ].sort((a, b) => a.path.localeCompare(b.path)),
    );
  });

  test('renamed, without changes and with', async () => {
    expect((await applied(rename(), { 'a.h': 'x\n' })).files).toEqual(
      [
        { path: 'a.h', text: null },
        { path: 'b.h', text: 'x\n', renamedFrom: 'a.h' },
      ].sort((a, b) => b.path.localeCompare(a.path)),
    );
    const changed = rename('--- a/a.h\n+++ b/b.h\n@@ -1 +1 @@\n-x\n+y\n');
    expect((await applied(changed, { 'a.h': 'x\n' })).files).toContainEqual({ path: 'b.h', text: 'y\n', renamedFrom: 'a.h' });
  });

  test('two renames that swap names do not depend on their order', async () => {
    const swap = 'diff --git a/a b/b\nrename from a\nrename to b\ndiff --git a/b b/a\nrename from b\nrename to a\n';
    const { files } = await applied(swap, { a: '1\n', b: '2\n' });
    expect(files).toHaveLength(2);
    expect(files).toContainEqual({ path: 'a', text: '2\n', renamedFrom: 'b' });
    expect(files).toContainEqual({ path: 'b', text: '1\n', renamedFrom: 'a' });
  });

  test('copied', async () => {
    const text = 'diff --git a/a.h b/b.h\ncopy from a.h\ncopy to b.h\n--- a/a.h\n+++ b/b.h\n@@ -1 +1 @@\n-x\n+y\n';
    expect((await applied(text, { 'a.h': 'x\n' })).files).toEqual([{ path: 'b.h', text: 'y\n' }]);
  });

  test('a change of mode alone changes nothing', async () => {
    expect((await applied('diff --git a/s.c b/s.c\nold mode 100644\nnew mode 100755\n', { 's.c': 'x\n' })).files).toEqual([]);
  });

  test('a file twice: the second change stands on the first', async () => {
    const first = writePatch([{ path: 'x', before: '1\n', after: '2\n' }]);
    const second = writePatch([{ path: 'x', before: '2\n', after: '3\n' }]);
    expect((await applied(first + second, { x: '1\n' })).files).toEqual([{ path: 'x', text: '3\n' }]);
  });

  test('mails one after the other: a rename takes what the mail before made', async () => {
    const first = writePatch([{ path: 'a.h', before: 'x\n', after: 'y\n' }]);
    const text = `${first}-- \n2.39.2\n\nFrom ${'0'.repeat(40)} Mon Sep 17\nSubject: [PATCH 2/2]\n\n${rename()}`;
    expect((await applied(text, { 'a.h': 'x\n' })).files).toContainEqual({ path: 'b.h', text: 'y\n', renamedFrom: 'a.h' });
  });

  test('files that the kernel is not built from are left out, and named', async () => {
    const more = writePatch([{ path: 'Documentation/x.rst', before: 'a\n', after: 'b\n' }]);
    expect(await applied(PATCH + more, { 'fs/x.c': FILE })).toMatchObject({
      files: [{ path: 'fs/x.c' }],
      leftOut: ['Documentation/x.rst'],
    });
    expect(await refused(more, { 'fs/x.c': FILE })).toMatchObject({ code: 'file_not_in_kernel', where: 'Documentation/x.rst' });
  });

  test('a file that is there already, with another text and with the same', async () => {
    const text = writePatch([{ path: 'new.h', before: undefined, after: 'int a;\n' }]);
    expect(await refused(text, { 'new.h': 'int b;\n' })).toMatchObject({ code: 'file_exists' });
    expect(await refused(text, { 'new.h': 'int a;\n' })).toMatchObject({ code: 'already_applied' });
  });

  test('a file that is refused only under a name with another prefix', async () => {
    const more = writePatch([{ path: 'tools/Makefile', before: 'a\n', after: 'b\n' }]);
    const read = (path: string): Promise<Result<string | undefined>> => {
      if (path === 'a/tools/Makefile') return Promise.resolve({ ok: false, code: 'makefile_changed', message: '' });
      return Promise.resolve({ ok: true, value: path === 'fs/x.c' ? FILE : undefined });
    };
    expect(await applyPatch(parsed(PATCH + more), read)).toMatchObject({
      ok: true,
      value: { files: [{ path: 'fs/x.c' }], leftOut: ['tools/Makefile'] },
    });
  });

  test('a deleted file with more in it than the patch knows', async () => {
    const text = writePatch([{ path: 'old.h', before: 'a\n', after: undefined }]);
    expect(await refused(text, { 'old.h': 'a\nb\n' })).toMatchObject({ code: 'patch_failed' });
  });
});

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

describe('what is no patch, or no patch for a kernel, is a typed failure', () => {
  const body = PATCH.split('\n').slice(3).join('\n');
  test.each([
    ['nothing', '', 'empty_patch'],
    ['white space', ' \n\t\n', 'empty_patch'],
    ['text', 'This is not a patch.\n', 'not_a_patch'],
    ['a web page', '<!DOCTYPE html><html>--- a\n', 'not_a_patch'],
    ['a context diff', '*** a/x\n--- b/x\n***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n', 'not_a_patch'],
    ['a merge', 'diff --cc x\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n', 'malformed_patch'],
    ['a NUL', PATCH.replace('new line', 'new\0line'), 'binary_file'],
    ['counts too large', PATCH.replace('-7,7 +7,7', '-7,27 +7,27'), 'malformed_patch'],
    ['counts too small', PATCH.replace('-7,7 +7,7', '-7,6 +7,6'), 'malformed_patch'],
    ['counts that lie about one side', PATCH.replace('-7,7 +7,7', '-7,7 +7,8'), 'malformed_patch'],
    ['a wrapped line', PATCH.replace(' line 8', ' line\n8'), 'malformed_patch'],
    ['a hunk without a file', body, 'malformed_patch'],
    ['a file without a hunk', '--- a/x\n+++ b/x\n', 'malformed_patch'],
    ['a damaged second hunk', `${PATCH}@@ -20,1 +21 @\n`, 'malformed_patch'],
    ['a binary file in git’s words', 'diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\n', 'binary_patch'],
    ['a binary file in diff’s words', 'Binary files a/x and b/x differ\n', 'binary_patch'],
    ['text that only sounds like it', 'Files and folders differ\n', 'not_a_patch'],
    [
      'a symbolic link',
      'diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n',
      'unsupported_mode',
    ],
    ['an encoded mail', `Content-Transfer-Encoding: quoted-printable\n\n${PATCH}`, 'patch_encoding'],
    ['too many bytes', 'x'.repeat(PATCH_LIMITS.bytes + 1), 'patch_too_large'],
    ['too many files', 'diff --git a/x b/x\nold mode 100644\n'.repeat(PATCH_LIMITS.files + 1), 'patch_too_large'],
  ])('%s', (_name, text, code) => {
    expect(parsePatch(text)).toMatchObject({ ok: false, code });
  });

  test.each([
    ['names', `diff --git ${'a '.repeat(2_000_000)}\n`],
    ['times', `--- ${'\t'.repeat(4_000_000)}x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n`],
    ['names behind git’s', `diff --git a/x b/x\n--- ${' x'.repeat(2_000_000)}\n+++ x\n`],
    ['binaries', `Binary files ${' and'.repeat(1_000_000)}\n`],
    ['binaries on many lines', `Files ${' and '.repeat(800)}\r differ\n`.repeat(1000)],
    ['line ends', '--- \r'.repeat(800_000)],
    ['blanks in many names', `--- x${' '.repeat(4000)}x\n+++ x${' '.repeat(4000)}x\n@@ -1 +1 @@\n-a\n+b\n`.repeat(500) + '@@'],
    ['numbers', `${'1'.repeat(4_000_000)}\n`],
    ['hunks of nothing', `--- x\n+++ x\n${'@@ -0,0 +0,0 @@\n'.repeat(260_000)}`],
    ['spaces', ' '.repeat(4_000_000)],
    ['quotes', `--- "${'\\"'.repeat(2_000_000)}\n+++ x\n`],
  ])('a patch made to waste time: %s', (_name, text) => {
    const began = performance.now();
    expect(parsePatch(text).ok).toBe(false);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('a CR at the end of a line that only looks like a header is text', async () => {
    const [before, after] = ['a\r\n-- b\r\n++ c\r\n', 'a\r\n++ b\r\n++ c\r\n'];
    expect((await applied(writePatch([{ path: 'x', before, after }]), { x: before })).files[0]?.text).toBe(after);
  });

  test('a compressed patch says how to go on', () => {
    expect(parsePatch(new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0]))).toMatchObject({
      code: 'binary_file',
      hint: expect.stringContaining('gunzip') as string,
    });
  });

  test('of a line without end, a failure shows the beginning', () => {
    const found = parsePatch(PATCH.replace(' line 8', `?${'x'.repeat(1_000_000)}`));
    expect(JSON.stringify(found).length).toBeLessThan(1000);
    expect(found).toMatchObject({ code: 'malformed_patch', found: expect.stringMatching(/^\?x+…$/) as string });
  });

  test('a hunk that is not UTF-8', () => {
    const bytes = Uint8Array.from(PATCH.replace('new line', 'J\xF6rg'), (c) => c.charCodeAt(0));
    expect(parsePatch(bytes)).toMatchObject({ code: 'patch_encoding', where: 'line 9 of the patch' });
  });

  test.each(['../x', 'fs/../../x', '/etc/passwd', 'C:/x', 'a\\..\\x', '"a/\\001x"', `a/${'x/'.repeat(300)}`])(
    'the path %s',
    async (path) => {
      const text = `--- ${path}\n+++ ${path}\n@@ -0,0 +1 @@\n+x\n`;
      expect(await refused(text, {})).toMatchObject({ code: 'unsafe_path' });
    },
  );

  test('a failure of reading goes through', async () => {
    const read = () => Promise.resolve({ ok: false, code: 'kconfig_changed', message: '' } as const);
    expect(await applyPatch(parsed(PATCH), read)).toMatchObject({ code: 'kconfig_changed' });
  });
});

describe('for any texts', () => {
  const line = fc.oneof(
    fc.constantFrom('a', 'b', '', '}', '\tx', '-- ', '--- a/x', '+++ b/x', '@@ -1 +1 @@', '\\ no', 'é\r'),
    fc.string(),
  );
  const text = fc.tuple(fc.array(line, { maxLength: 40 }), fc.boolean()).map(([lines, end]) => {
    return (lines.join('\n') + (end ? '\n' : '')).replaceAll('\0', '');
  });
  const name = fc.stringMatching(/^[a-z "é]{1,8}$/).filter((part) => part.trim() === part && part !== '');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const change = fc.record({ path, before: fc.option(text, { nil: undefined }), after: fc.option(text, { nil: undefined }) });
  const changes = fc
    .uniqueArray(change, { maxLength: 4, selector: ({ path }) => path })
    .map((all) =>
      all.filter(({ path, before, after }) => before !== after && !all.some((other) => other.path.startsWith(`${path}/`))),
    )
    .filter((all) => all.length > 0);

  test('what writePatch writes, parsePatch and applyPatch give back', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const files = Object.fromEntries(all.flatMap(({ path, before }) => (before === undefined ? [] : [[path, before]])));
        const result = await applied(writePatch(all), files);
        expect(result.notes).toEqual([]);
        const sorted = (list: readonly { path: string; text: string | null }[]) =>
          [...list].sort((a, b) => (a.path < b.path ? -1 : 1));
        expect(sorted(result.files)).toEqual(sorted(all.map(({ path, after }) => ({ path, text: after ?? null }))));
      }),
      { numRuns: 500 },
    );
  });

  test('a damaged patch is read or refused, and never an exception', async () => {
    const damage = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('cut', 'drop', 'twice', 'other'),
      with: fc.string({ maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(changes, fc.array(damage, { minLength: 1, maxLength: 5 }), async (all, damages) => {
        let patch = writePatch(all);
        for (const { at, kind, with: other } of damages) {
          const i = at % (patch.length + 1);
          if (kind === 'cut') patch = patch.slice(0, i);
          else if (kind === 'drop') patch = patch.slice(0, i) + patch.slice(i + 1 + (at % 7));
          else if (kind === 'twice') patch += patch.slice(i);
          else patch = patch.slice(0, i) + other + patch.slice(i);
        }
        const result = parsePatch(patch);
        if (!result.ok) {
          expect(result.message).not.toBe('');
          return;
        }
        const files = new Map(all.map(({ path, before }) => [path, before]));
        const outcome = await applyPatch(result.value, (path) => Promise.resolve({ ok: true, value: files.get(path) }));
        if (outcome.ok) for (const file of outcome.value.files) expect(file.path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/);
      }),
      { numRuns: 500 },
    );
  });
});
