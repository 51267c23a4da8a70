import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixtureObject } from '../../../tests/fixtures/objects.ts';
import { packEntry, packManifest, packSource } from '../../../tests/fixtures/packs.ts';
import { success } from '../failure.ts';
import { checkLinking, type KernelObjects } from './linking.ts';
import { KernelPack } from './pack.ts';

/** A pack that has nothing but a System.map. */
async function packWith(map: string): Promise<KernelPack> {
  const packed = new Uint8Array(gzipSync(map));
  const manifest = packManifest({ files: { 'System.map.gz': packEntry(packed, 'systemMap') } });
  const pack = await KernelPack.open(packSource({ 'k/manifest.json': manifest, 'k/System.map.gz': packed }));
  if (!pack.ok) throw new Error(pack.message);
  return pack.value;
}

/** A kernel that was linked from these objects. */
function linkedFrom(objects: Record<string, Uint8Array>): KernelObjects {
  return {
    paths: Object.keys(objects),
    readMany: (paths) => Promise.resolve(success(new Map(paths.map((path) => [path, objects[path] ?? new Uint8Array()])))),
  };
}

const EMPTY = linkedFrom({});

/** Before, it calls helper; after, other_helper. */
const CALLEE = { path: 'tests/callee.o', pre: fixtureObject('callee', 'pre'), post: fixtureObject('callee', 'post') };
const HELPER = 'c1000000 T helper\n';

test.each(['T', 'D', 'W'])('a newly used name that the kernel has (%s) is as good as one used before', async (type) => {
  expect(await checkLinking(await packWith(`${HELPER}c1000010 ${type} other_helper\n`), EMPTY, [CALLEE])).toEqual({
    ok: true,
    value: undefined,
  });
});

test('a name nobody has is refused, with the unit that uses it', async () => {
  expect(await checkLinking(await packWith(HELPER), EMPTY, [CALLEE])).toMatchObject({
    ok: false,
    code: 'undefined_symbol',
    where: 'tests/callee.o',
    found: 'none',
    message: expect.stringContaining('other_helper') as string,
  });
});

test('a static function of another file is not linked with', async () => {
  expect(await checkLinking(await packWith(`${HELPER}c1000010 t other_helper\n`), EMPTY, [CALLEE])).toMatchObject({
    code: 'undefined_symbol',
    found: 'only a static one of another file',
  });
});

test('names that were used before are not asked for, and no System.map is read for them', async () => {
  expect(await checkLinking(await packWith('rubbish'), EMPTY, [{ ...CALLEE, post: CALLEE.pre }])).toMatchObject({ ok: true });
});

describe('a name that goes away', () => {
  const pre = fixtureObject('provider', 'post');
  const post = fixtureObject('provider', 'pre');
  /** Before, it defines provided() and calls it. */
  const PROVIDER = { path: 'tests/provider.o', pre, post };
  const consumer = { pre: fixtureObject('consumer', 'pre'), post: fixtureObject('consumer', 'post') };

  test('is refused while another object of the kernel needs it, and that is named', async () => {
    const kernel = linkedFrom({ 'tests/provider.o': pre, 'tests/consumer.o': consumer.post, 'tests/callee.o': CALLEE.pre });
    expect(await checkLinking(await packWith(HELPER), kernel, [PROVIDER])).toMatchObject({
      ok: false,
      code: 'removed_symbol',
      where: 'tests/provider.o',
      found: 'tests/consumer.o',
      message: expect.stringContaining('provided') as string,
    });
  });

  test('may go if nobody else needs it, or who did is changed with it', async () => {
    const alone = linkedFrom({ 'tests/provider.o': pre, 'tests/callee.o': CALLEE.pre });
    expect(await checkLinking(await packWith(HELPER), alone, [PROVIDER])).toMatchObject({ ok: true });
    const kernel = linkedFrom({ 'tests/provider.o': pre, 'tests/consumer.o': consumer.post });
    const units = [PROVIDER, { path: 'tests/consumer.o', pre: consumer.post, post: consumer.pre }];
    expect(await checkLinking(await packWith(HELPER), kernel, units)).toMatchObject({ ok: true });
  });

  test('may not go if who is changed with it needs it still', async () => {
    const kernel = linkedFrom({ 'tests/provider.o': pre, 'tests/consumer.o': consumer.post });
    const units = [PROVIDER, { path: 'tests/consumer.o', pre: consumer.post, post: consumer.post }];
    expect(await checkLinking(await packWith(HELPER), kernel, units)).toMatchObject({ code: 'removed_symbol' });
  });

  test('may go to another unit', async () => {
    const kernel = linkedFrom({ 'tests/provider.o': pre, 'tests/consumer.o': consumer.post });
    const units = [PROVIDER, { path: 'tests/home.o', pre: post, post: pre }];
    expect(await checkLinking(await packWith(`${HELPER}c1000010 T other_helper\n`), kernel, units)).toMatchObject({ ok: true });
  });
});
