import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serve } from '../../tools/dev/serve.mjs';
import { StoredSource } from './stored-source.ts';
import { loadWasm, type WasmFile } from './wasm-module.ts';

/** A shelf in memory: the interface between the loaders and the browser's storage, which has tests of its own in a browser. */
class Shelf {
  readonly kept = new Map<string, Uint8Array>();
  get = async (key: string) => this.kept.get(key);
  put = async (key: string, bytes: Uint8Array) => void this.kept.set(key, bytes);
  drop = async (key: string) => void this.kept.delete(key);
}

const wasm = readFileSync(join(dirname(createRequire(import.meta.url).resolve('capstone-wasm')), 'capstone.wasm'));
const packed = gzipSync(wasm);
let folder: string;
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-'));
  server = await serve(folder);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Serves the bytes; the manifest says what `claim` says. */
function offer(name: string, bytes: Uint8Array, claim: Partial<WasmFile> = {}): WasmFile {
  writeFileSync(join(folder, name), bytes);
  return {
    url: new URL(name, server.url).href,
    where: name,
    size: bytes.length,
    sha256: hash(bytes),
    unpacked: wasm.length,
    ...claim,
  };
}

const ignore = () => undefined;

it('compiles while it fetches, counts, and keeps the file', async () => {
  const shelf = new Shelf();
  let received = 0;
  const loaded = await loadWasm(offer('a.wasm.gz', packed), shelf, (bytes) => (received += bytes));
  expect(loaded.ok && WebAssembly.Module.exports(loaded.value).length).toBeGreaterThan(0);
  expect(received).toBe(packed.length);
  expect([...shelf.kept.keys()]).toEqual([hash(packed)]);
});

it('takes what is kept, without the network', async () => {
  const shelf = new Shelf();
  shelf.kept.set(hash(packed), packed);
  const loaded = await loadWasm(offer('b.wasm.gz', packed, { url: 'http://127.0.0.1:9/b.wasm.gz' }), shelf, ignore);
  expect(loaded.ok).toBe(true);
});

it('throws away what was kept and is hurt', async () => {
  const shelf = new Shelf();
  shelf.kept.set(hash(packed), packed.subarray(1));
  expect((await loadWasm(offer('c.wasm.gz', packed), shelf, ignore)).ok).toBe(true);
  expect(shelf.kept.get(hash(packed))).toHaveLength(packed.length);
});

it('hands out no module whose bytes are not the manifest’s', async () => {
  const shelf = new Shelf();
  const other = offer('d.wasm.gz', packed, { sha256: hash(wasm) });
  expect(await loadWasm(other, shelf, ignore)).toMatchObject({ ok: false, code: 'toolchain_hash', where: 'd.wasm.gz' });
  const short = offer('e.wasm.gz', packed, { size: packed.length + 1 });
  expect(await loadWasm(short, shelf, ignore)).toMatchObject({ code: 'toolchain_hash', found: `${packed.length} bytes` });
  const long = offer('f.wasm.gz', packed, { size: packed.length - 1 });
  expect(await loadWasm(long, shelf, ignore)).toMatchObject({ code: 'toolchain_hash', found: 'more' });
  const noise = offer(
    'g.wasm.gz',
    packed.map((byte, at) => (at === 1000 ? byte ^ 1 : byte)),
    { sha256: hash(packed) },
  );
  expect(await loadWasm(noise, shelf, ignore)).toMatchObject({ code: 'toolchain_hash' });
  expect(shelf.kept.size).toBe(0);
});

it('says when the right file is no module, is too large unpacked, is missing or out of reach', async () => {
  const shelf = new Shelf();
  const text = gzipSync(Buffer.from('no module'));
  expect(await loadWasm(offer('h.wasm.gz', text), shelf, ignore)).toMatchObject({ code: 'toolchain_unusable' });
  expect(await loadWasm(offer('i.wasm.gz', packed, { unpacked: 1000 }), shelf, ignore)).toMatchObject({
    code: 'toolchain_unusable',
    found: expect.stringContaining('1000 bytes') as string,
  });
  const file = offer('j.wasm.gz', packed);
  expect(await loadWasm({ ...file, url: `${server.url}none` }, shelf, ignore)).toMatchObject({
    code: 'toolchain_file',
    found: 'HTTP 404',
  });
  expect(await loadWasm({ ...file, url: 'http://127.0.0.1:9/' }, shelf, ignore)).toMatchObject({ code: 'fetch_failed' });
});

it('fetches a file of a pack once', async () => {
  const shelf = new Shelf();
  const bytes = Uint8Array.of(1, 2, 3);
  offer('k.gz', bytes);
  let received = 0;
  const source = new StoredSource(server.url, 'kernels', shelf, (count) => (received += count));
  expect(await source.read('k.gz', 10, hash(bytes))).toMatchObject({ ok: true, value: bytes });
  expect(await source.read('k.gz', 10, hash(bytes))).toMatchObject({ ok: true, value: bytes });
  expect(received).toBe(3);
  expect(await source.read('k.gz', 10)).toMatchObject({ ok: true });
  expect(received).toBe(6);
});

it('keeps no file of a pack that is not what it should be', async () => {
  const shelf = new Shelf();
  offer('l.gz', Uint8Array.of(1, 2, 3));
  const source = new StoredSource(server.url, 'kernels', shelf);
  // Handed on all the same: who asked verifies it, and says what is wrong with it.
  expect(await source.read('l.gz', 10, hash(packed))).toMatchObject({ ok: true });
  expect(shelf.kept.size).toBe(0);
  expect(await source.read('none.gz', 10, hash(packed))).toMatchObject({ ok: false, where: 'kernels/none.gz' });
});
