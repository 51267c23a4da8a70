import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fixtureObject } from '../../../tests/fixtures/objects.ts';
import { packEntry, packManifest, packSource } from '../../../tests/fixtures/packs.ts';
import { checkLinking } from './linking.ts';
import { KernelPack } from './pack.ts';

/** A pack that has nothing but a System.map. */
async function packWith(map: string): Promise<KernelPack> {
  const packed = new Uint8Array(gzipSync(map));
  const manifest = packManifest({ files: { 'System.map.gz': packEntry(packed, 'systemMap') } });
  const pack = await KernelPack.open(packSource({ 'k/manifest.json': manifest, 'k/System.map.gz': packed }));
  if (!pack.ok) throw new Error(pack.message);
  return pack.value;
}

/** Before, it calls helper; after, other_helper. */
const CALLEE = { path: 'tests/callee.o', pre: fixtureObject('callee', 'pre'), post: fixtureObject('callee', 'post') };
const HELPER = 'c1000000 T helper\n';

test.each(['T', 'D', 'W'])('a newly used name that the kernel has (%s) is as good as one used before', async (type) => {
  expect(await checkLinking(await packWith(`${HELPER}c1000010 ${type} other_helper\n`), [CALLEE])).toEqual({
    ok: true,
    value: undefined,
  });
});

test('a name nobody has is refused, with the unit that uses it', async () => {
  expect(await checkLinking(await packWith(HELPER), [CALLEE])).toMatchObject({
    ok: false,
    code: 'undefined_symbol',
    where: 'tests/callee.o',
    found: 'none',
    message: expect.stringContaining('other_helper') as string,
  });
});

test('a static function of another file is not linked with', async () => {
  expect(await checkLinking(await packWith(`${HELPER}c1000010 t other_helper\n`), [CALLEE])).toMatchObject({
    code: 'undefined_symbol',
    found: 'only a static one of another file',
  });
});

test('names that were used before are not asked for, and no System.map is read for them', async () => {
  expect(await checkLinking(await packWith('rubbish'), [{ ...CALLEE, post: CALLEE.pre }])).toMatchObject({ ok: true });
});
