import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serve } from '../../tools/dev/serve.mjs';
import { success } from '../engine/failure.ts';
import { fetchFile } from './fetch-file.ts';
import { HandedSource } from './handed-source.ts';

let folder: string;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-'));
  writeFileSync(join(folder, 'a.bin'), Uint8Array.of(1, 2, 3, 4));
  server = await serve(folder);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

it('waits for files that are to be handed over, whoever comes first', async () => {
  const source = new HandedSource(server.url, ['early', 'late']);
  source.hand('early', success(Uint8Array.of(7)));
  expect(await source.read('early', 10)).toEqual(success(Uint8Array.of(7)));
  const late = source.read('late', 10);
  source.hand('late', success(Uint8Array.of(8)));
  expect(await late).toEqual(success(Uint8Array.of(8)));
});

it('fetches the others', async () => {
  const source = new HandedSource(server.url, []);
  expect(await source.read('a.bin', 10)).toEqual(success(Uint8Array.of(1, 2, 3, 4)));
  expect(await source.read('b.bin', 10)).toMatchObject({
    ok: false,
    code: 'pack_file',
    where: 'kernels/b.bin',
    found: 'HTTP 404',
  });
});

it('counts bytes, and reads no more than it may', async () => {
  let received = 0;
  const file = await fetchFile(`${server.url}a.bin`, 'a.bin', 10, (bytes, total) => {
    received += bytes;
    expect(total).toBe(4);
  });
  expect(file.ok && received).toBe(4);
  const cut = await fetchFile(`${server.url}a.bin`, 'a.bin', 2);
  expect(cut.ok && cut.value.length).not.toBe(2);
});

it('says when there is no server', async () => {
  expect(await fetchFile('http://127.0.0.1:9/a.bin', 'a.bin', 10)).toMatchObject({
    ok: false,
    code: 'fetch_failed',
    where: 'a.bin',
  });
});
