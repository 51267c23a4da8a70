import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { failure, success } from '../failure.ts';
import type { FileSource } from './file-source.ts';
import { SourceTree } from './source-tree.ts';

const TEXT = 'first file second';
const PACKED = new Uint8Array(gzipSync(TEXT));
const OTHER = new Uint8Array(gzipSync('other'));

function chunk(file: string, bytes: Uint8Array, unpacked: number) {
  return { file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), unpacked };
}

const INDEX = {
  format: 1,
  chunks: [chunk('sources/000.gz', PACKED, TEXT.length), chunk('sources/001.gz', OTHER, 5)],
  files: { 'a/first': [0, 0, 5], 'a/second': [0, 11, 6], other: [1, 0, 5, 'f'.repeat(64)] },
};

/** Counts what is read; a path without contents fails. */
class Files implements FileSource {
  readonly reads: string[] = [];
  readonly contents = new Map([
    ['sources/000.gz', PACKED],
    ['sources/001.gz', OTHER],
  ]);
  async read(path: string) {
    this.reads.push(path);
    await Promise.resolve();
    const bytes = this.contents.get(path);
    return bytes ? success(bytes) : failure('file', 'There is no such file.', { where: path });
  }
}

function open(files: FileSource, index: unknown = INDEX) {
  const tree = SourceTree.open(files, JSON.stringify(index), 'sources.json');
  if (!tree.ok) throw new Error(JSON.stringify(tree));
  return tree.value;
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test('files come out of their chunks, and a chunk is fetched once for all who ask', async () => {
  const files = new Files();
  const tree = open(files);
  expect(files.reads).toEqual([]);
  expect(tree.peek('a/first')).toBeUndefined();
  const [first, both] = await Promise.all([tree.read('a/first'), tree.readMany(['a/second', 'a/first'])]);
  expect(first.ok && text(first.value)).toBe('first');
  expect(both.ok && [...both.value].map(([path, bytes]) => [path, text(bytes)])).toEqual([
    ['a/second', 'second'],
    ['a/first', 'first'],
  ]);
  await tree.read('a/second');
  expect(files.reads).toEqual(['sources/000.gz']);
  expect(text(tree.peek('a/second'))).toBe('second');
  expect(tree.missingBytes(['a/first', 'other'])).toBe(OTHER.length);
  expect([tree.size('other'), tree.hash('other'), tree.hash('a/first')]).toEqual([5, 'f'.repeat(64), undefined]);
});

test('loading tells how far it is', async () => {
  const seen: [number, number][] = [];
  await open(new Files()).readMany(['a/first', 'other'], (received, total) => seen.push([received, total]));
  const total = PACKED.length + OTHER.length;
  expect(seen.at(-1)).toEqual([total, total]);
});

test('what failed is tried again', async () => {
  const files = new Files();
  files.contents.delete('sources/000.gz');
  const tree = open(files);
  expect(await tree.read('a/first')).toMatchObject({ ok: false, code: 'file' });
  files.contents.set('sources/000.gz', PACKED);
  expect(await tree.read('a/first')).toMatchObject({ ok: true });
});

test('names that objects have by nature are no files', async () => {
  const tree = open(new Files());
  for (const name of ['constructor', '__proto__', 'toString', 'a/none']) {
    expect(tree.has(name)).toBe(false);
    expect(await tree.read(name)).toMatchObject({ ok: false, code: 'unknown_file', where: name });
  }
});

test.each([
  ['another byte', () => Uint8Array.from(PACKED, (byte, i) => (i === 12 ? byte ^ 1 : byte))],
  ['a missing byte', () => PACKED.subarray(1)],
])('%s in a chunk is told', async (_name, damage) => {
  const files = new Files();
  files.contents.set('sources/000.gz', damage());
  expect(await open(files).read('a/first')).toMatchObject({ ok: false, code: 'pack_hash', where: 'sources/000.gz' });
});

test.each([
  ['longer', PACKED, TEXT.length - 1],
  ['shorter', PACKED, TEXT.length + 1],
])('a chunk that is %s than its index says is told', async (_name, bytes, unpacked) => {
  const index = { ...INDEX, chunks: [chunk('sources/000.gz', bytes, unpacked)], files: { 'a/first': [0, 0, 5] } };
  expect(await open(new Files(), index).read('a/first')).toMatchObject({ ok: false, code: 'pack_hash' });
});

test('a chunk that is not gzip is told', async () => {
  const plain = new TextEncoder().encode(TEXT);
  const files = new Files();
  files.contents.set('sources/000.gz', plain);
  const index = { ...INDEX, chunks: [chunk('sources/000.gz', plain, TEXT.length)], files: { 'a/first': [0, 0, 5] } };
  expect(await open(files, index).read('a/first')).toMatchObject({ ok: false, code: 'pack_hash' });
});

test.each([
  ['no JSON', '{'],
  ['another format', JSON.stringify({ ...INDEX, format: 2 })],
  ['a file outside its chunk', JSON.stringify({ ...INDEX, files: { a: [0, 12, 6] } })],
  ['a chunk that is not there', JSON.stringify({ ...INDEX, files: { a: [7, 0, 1] } })],
  ['a path out of the tree', JSON.stringify({ ...INDEX, files: { '../a': [0, 0, 1] } })],
  ['a chunk without end', JSON.stringify({ ...INDEX, chunks: [{ ...INDEX.chunks[0], unpacked: 1e12 }] })],
])('an index with %s is refused', (_name, json) => {
  expect(SourceTree.open(new Files(), json, 'sources.json')).toMatchObject({ ok: false, code: 'bad_index' });
});
