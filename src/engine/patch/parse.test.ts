import { describe, expect, test } from 'vitest';
import { applied, CHANGED, FILE, parsed, PATCH } from '../../../tests/fixtures/patches.ts';
import { parsePatch } from './parse.ts';
import { PATCH_LIMITS } from './patch.ts';
import { writePatch } from './write.ts';

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
});
