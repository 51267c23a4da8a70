import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from './serve.mjs';

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-serve-'));
const page = '<!doctype html><title>x</title>'.repeat(200);
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  mkdirSync(join(folder, 'site/assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'site/index.html'), page);
  writeFileSync(join(folder, 'site/index.html.br'), brotliCompressSync(page));
  writeFileSync(join(folder, 'site/assets/v86-AbCd1234.wasm'), new Uint8Array([0, 97, 115, 109]));
  mkdirSync(join(folder, 'site/kernels'));
  writeFileSync(join(folder, 'site/kernels/000.gz'), gzipSync(page));
  server = await serve(join(folder, 'site'));
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Raw, because fetch tidies addresses and unpacks bodies. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((done, failed) => {
    const { port } = new URL(server.url);
    request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
    })
      .on('error', failed)
      .end();
  });
}

test('gives the page, compressed to those who take it', async () => {
  const plain = await get('/');
  expect(plain.status).toBe(200);
  expect(plain.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(plain.body.toString()).toBe(page);
  const packed = await get('/?x=1', { 'accept-encoding': 'gzip, br' });
  expect(packed.headers['content-encoding']).toBe('br');
  expect(brotliDecompressSync(packed.body).toString()).toBe(page);
  expect(packed.body.length).toBeLessThan(plain.body.length / 2);
});

test('wasm has its type, and names with a hash are kept for ever', async () => {
  const wasm = await get('/assets/v86-AbCd1234.wasm');
  expect(wasm.headers['content-type']).toBe('application/wasm');
  expect(wasm.headers['cache-control']).toContain('immutable');
  expect((await get('/')).headers['cache-control']).toBe('no-cache');
});

test('a file that is compressed itself arrives as it is', async () => {
  const packed = await get('/kernels/000.gz', { 'accept-encoding': 'gzip, br' });
  expect(packed.headers['content-encoding']).toBeUndefined();
  expect(packed.headers['content-type']).toBe('application/gzip');
  expect(packed.body).toEqual(gzipSync(page));
});

test('an unchanged file is not sent twice', async () => {
  const etag = String((await get('/')).headers['etag']);
  const again = await get('/', { 'if-none-match': etag });
  expect([again.status, again.body.length]).toEqual([304, 0]);
});

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/../../secret.txt',
  '/%00',
  '/%zz',
  '/assets',
  '/none',
])('does not give %s', async (path) => {
  const answer = await get(path);
  expect(answer.status).toBe(404);
  expect(answer.body.toString()).not.toContain('secret');
});

test('takes only GET and HEAD', async () => {
  expect((await get('/', {}, 'POST')).status).toBe(405);
  const head = await get('/', {}, 'HEAD');
  expect([head.status, head.body.length, Number(head.headers['content-length'])]).toEqual([200, 0, page.length]);
});
