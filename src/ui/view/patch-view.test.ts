import { expect, it } from 'vitest';
import { viewPatch } from './patch-view.ts';

const PATCH = `From: someone
Subject: x

--- a/lib/iov_iter.c\t2024-01-01
+++ b/lib/iov_iter.c
@@ -10,4 +10,4 @@ static size_t push_pipe(struct iov_iter *i)
 	if (!page)
--- x;
+++ y;
 	break;
 	return;
@@ -30 +30,2 @@
 last
+more
\\ No newline at end of file
--- a/fs/b.c
+++ b/fs/b.c
@@ -1,1 +1,0 @@
-gone
`;

it('reads files, hunks and line numbers', () => {
  const [first, second] = viewPatch(PATCH);
  expect(first).toMatchObject({ path: 'lib/iov_iter.c', added: 2, removed: 1 });
  expect(first?.hunks[0]?.context).toBe('static size_t push_pipe(struct iov_iter *i)');
  expect(first?.hunks[1]?.lines.at(-1)).toEqual({ kind: 'added', text: 'more', after: 31 });
  expect(second).toMatchObject({ path: 'fs/b.c', added: 0, removed: 1 });
});

it('takes a removed line that looks like a file header as a line', () => {
  const lines = viewPatch(PATCH)[0]?.hunks[0]?.lines;
  expect(lines?.map((line) => `${line.kind} ${line.text}`)).toEqual([
    'same \tif (!page)',
    'removed -- x;',
    'added ++ y;',
    'same \tbreak;',
    'same \treturn;',
  ]);
  expect(lines?.[1]).toMatchObject({ before: 11 });
  expect(lines?.[2]).toMatchObject({ after: 11 });
});

it('gives nothing for what is no diff', () => {
  expect(viewPatch('hello\n@@ -1 +1 @@\n-a\n+b\n')).toEqual([]);
});
