import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPatchFile } from './patch-file.ts';

it('reads a file', async () => {
  expect(await readPatchFile(new Blob(['--- a\n']))).toEqual({ ok: true, value: new TextEncoder().encode('--- a\n') });
});

it('does not read one that is too large', async () => {
  expect(await readPatchFile(new Blob([new Uint8Array(7_000_000)]))).toMatchObject({ ok: false, code: 'patch_too_large' });
});

it('says so if a file cannot be read any more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-'));
  const path = join(folder, 'x.patch');
  writeFileSync(path, 'old');
  const file = await openAsBlob(path);
  writeFileSync(path, 'another text');
  expect(await readPatchFile(file)).toMatchObject({ ok: false, code: 'file_unreadable' });
  rmSync(folder, { recursive: true });
});
