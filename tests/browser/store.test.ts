import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.mjs';
import type { Store } from '../../src/workers/store.ts';
import { newPage, openBench, type Bench, type OpenedPage } from './support.ts';

/** The store against a real browser's storage: what Node has none of. */
const FOLDER = join(ROOT, 'test-results/store');

let bench: Bench;
let opened: OpenedPage;
let page: Page;

beforeAll(async () => {
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'error',
    build: {
      outDir: FOLDER,
      emptyOutDir: true,
      lib: { entry: join(ROOT, 'src/workers/store.ts'), formats: ['es'], fileName: () => 'store.js' },
    },
  });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'index.html'), '<!doctype html><title>store</title>');
  bench = await openBench([], FOLDER);
});
afterAll(() => bench.close());

beforeEach(async () => {
  await opened?.context.close();
  opened = await newPage(bench);
  ({ page } = opened);
  await page.goto(bench.url);
});

/** Runs on the page with the store's class. */
function inPage<T>(work: (store: typeof Store) => Promise<T>): Promise<T> {
  return page.evaluate(`import(new URL('store.js', location.href).href).then(({ Store }) => (${work.toString()})(Store))`);
}

it('keeps bytes from one visit to the next, each shelf by itself', async () => {
  await inPage(async (store) => {
    const files = await store.open('files', 100);
    await files.put('a', new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4));
  });
  await page.reload();
  const found = await inPage(async (store) => {
    const files = await store.open('files', 100);
    const objects = await store.open('objects', 100);
    return { a: [...((await files.get('a')) ?? [])], other: await objects.get('a'), note: files.note };
  });
  expect(found).toEqual({ a: [1, 2, 3], other: undefined, note: undefined });
});

it('stays within its bound: what was not used for longest goes first', async () => {
  const left = await inPage(async (store) => {
    const shelf = await store.open('objects', 100);
    const pause = () => new Promise((done) => setTimeout(done, 5));
    for (const key of ['a', 'b', 'c']) {
      await shelf.put(key, new Uint8Array(30));
      await pause();
    }
    await shelf.get('a');
    await pause();
    await shelf.put('d', new Uint8Array(30));
    await shelf.put('huge', new Uint8Array(101));
    const kept = [];
    for (const key of ['a', 'b', 'c', 'd', 'huge']) if (await shelf.get(key)) kept.push(key);
    return kept;
  });
  expect(left).toEqual(['a', 'c', 'd']);
});

it('shrinks when it is opened with a smaller bound, and counts an entry written twice once', async () => {
  const left = await inPage(async (store) => {
    const large = await store.open('objects', 1000);
    for (let round = 0; round < 40; round++) await large.put('same', new Uint8Array(50));
    await new Promise((done) => setTimeout(done, 5));
    await large.put('late', new Uint8Array(50));
    const both = [await large.get('same'), await large.get('late')].map((bytes) => bytes?.length);
    const small = await store.open('objects', 60);
    return { both, after: [await small.get('same'), await small.get('late')].map((bytes) => bytes?.length ?? 0) };
  });
  expect(left).toEqual({ both: [50, 50], after: [0, 50] });
});

it('forgets an entry', async () => {
  const found = await inPage(async (store) => {
    const shelf = await store.open('files', 100);
    await shelf.put('a', new Uint8Array(1));
    await shelf.drop('a');
    return shelf.get('a');
  });
  expect(found).toBeUndefined();
});

it('keeps nothing and says so where the browser has no storage', async () => {
  const answer = await inPage(async (store) => {
    Object.defineProperty(window, 'indexedDB', { value: undefined, configurable: true });
    const shelf = await store.open('files', 100);
    await shelf.put('a', new Uint8Array(1));
    return { found: await shelf.get('a'), note: shelf.note };
  });
  expect(answer).toMatchObject({ found: undefined, note: { ok: false, code: 'no_storage' } });
});

it('goes on with what it has when the browser has no more room', async () => {
  const client = await opened.context.newCDPSession(page);
  const origin = new URL(bench.url).origin;
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 400_000 });
  const answer = await inPage(async (store) => {
    const shelf = await store.open('files', 100_000_000);
    for (const key of ['old', 'middle', 'new']) {
      await shelf.put(key, crypto.getRandomValues(new Uint8Array(60_000)));
      await new Promise((done) => setTimeout(done, 5));
    }
    for (let round = 0; round < 40 && !shelf.note; round++) {
      const bytes = new Uint8Array(1_000_000);
      for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      await shelf.put(`large ${round}`, bytes);
    }
    await shelf.put('later', new Uint8Array(1));
    return { note: shelf.note, later: await shelf.get('later'), newest: (await shelf.get('new'))?.length };
  });
  expect(answer.note).toMatchObject({ ok: false, code: 'storage_full' });
  expect(answer.later).toBeUndefined();
  expect(answer.newest).toBe(60_000);
});

it('takes another’s database of the same name for no storage', async () => {
  const answer = await inPage(async (store) => {
    await new Promise((done) => (indexedDB.open('hotsplice', 99).onsuccess = done));
    const shelf = await store.open('files', 100);
    return { found: await shelf.get('a'), note: shelf.note };
  });
  expect(answer).toMatchObject({
    found: undefined,
    note: { code: 'no_storage', found: expect.stringContaining('VersionError') as string },
  });
});
