import { describe, expect, test } from 'vitest';
import { applied, FILE, parsed, PATCH, refused } from '../../../tests/fixtures/patches.ts';
import type { Result } from '../failure.ts';
import { applyPatch } from './apply.ts';
import { writePatch } from './write.ts';

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
