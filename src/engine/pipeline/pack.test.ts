import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { packEntry, packManifest, packSource } from '../../../tests/fixtures/packs.ts';
import { success } from '../failure.ts';
import { KernelPack, listKernels } from './pack.ts';

const BIOS = new Uint8Array([1, 2, 3]);
const SYSTEM_MAP = new Uint8Array(gzipSync('c1000000 T _text\n'));

const FILES = { 'bios.bin': packEntry(BIOS, 'bios'), 'System.map.gz': packEntry(SYSTEM_MAP, 'systemMap') };

async function open(changes: Record<string, unknown> = {}, files: Record<string, unknown> = {}) {
  return KernelPack.open(
    packSource({
      'k/manifest.json': packManifest({ files: FILES, ...changes }),
      'k/bios.bin': BIOS,
      'k/System.map.gz': SYSTEM_MAP,
      ...files,
    }),
  );
}

test('gives files by role, verified, and text gunzipped', async () => {
  const pack = await open();
  if (!pack.ok) throw new Error(pack.message);
  expect(await pack.value.file('bios')).toEqual(success(BIOS));
  expect(await pack.value.text('systemMap')).toEqual(success('c1000000 T _text\n'));
  expect(pack.value.has('snapshot')).toBe(false);
});

test.each([
  ['another byte', new Uint8Array([1, 2, 4])],
  ['a missing byte', new Uint8Array([1, 2])],
])('%s in a file is told with the file’s name', async (_name, bytes) => {
  const pack = await open({}, { 'k/bios.bin': bytes });
  const file = pack.ok ? await pack.value.file('bios') : pack;
  expect(file).toMatchObject({ ok: false, code: 'pack_hash', where: 'kernels/k/bios.bin', hint: expect.any(String) as string });
});

test('text that is not gzip is told', async () => {
  const pack = await open({ files: { 'System.map.gz': packEntry(BIOS, 'systemMap') } }, { 'k/System.map.gz': BIOS });
  expect(pack.ok && (await pack.value.text('systemMap'))).toMatchObject({ ok: false, code: 'pack_file' });
});

test('an unknown id names those that there are', async () => {
  expect(await KernelPack.open(packSource({}), 'other')).toMatchObject({
    ok: false,
    code: 'unknown_kernel',
    where: 'other',
    expected: 'one of: k',
  });
});

test.each([
  ['a wrong format', { format: 2 }, 'format'],
  ['a path for a name', { files: { '../x': packEntry(BIOS, 'bios') } }, 'files'],
  ['a hash that is none', { files: { 'bios.bin': { ...packEntry(BIOS, 'bios'), sha256: 'x' } } }, 'files'],
  ['too much memory', { memoryMiB: 1e9 }, 'memoryMiB'],
  ['another machine', { machine: 'x86_64' }, 'machine'],
])('a manifest with %s is refused and the place named', async (_name, changes, place) => {
  const pack = await open(changes);
  expect(pack).toMatchObject({ ok: false, code: 'bad_manifest', message: expect.stringContaining(place) as string });
});

test('a manifest of another pack, and one that is not JSON, are refused', async () => {
  expect(await open({ id: 'j' })).toMatchObject({ ok: false, code: 'bad_manifest', expected: 'k', found: 'j' });
  const broken = await KernelPack.open(packSource({ 'k/manifest.json': new Uint8Array([0xff, 0x7b]) }));
  expect(broken).toMatchObject({ ok: false, code: 'bad_manifest' });
  expect(await listKernels(packSource({ 'index.json': [] }))).toMatchObject({ ok: false, code: 'bad_kernel_index' });
});

test('reads what an index of the pack lists by its path, and nothing outside of the pack', async () => {
  const part = new Uint8Array([5, 6]);
  const pack = await open({}, { 'k/sources/000.gz': part, secret: part });
  if (!pack.ok) throw new Error(pack.message);
  expect(await pack.value.read('sources/000.gz', 2)).toEqual(success(part));
  for (const path of ['../secret', 'sources/../../secret', '/secret', 'sources//000.gz', '', './x']) {
    expect(await pack.value.read(path, 2), path).toMatchObject({ ok: false, code: 'pack_file' });
  }
});
