import { expect, test } from 'vitest';
import { success } from '../failure.ts';
import { ChangedTree } from './changed-tree.ts';
import { ObjectCache, type BlobStore } from './object-cache.ts';
import { SourceTree } from './source-tree.ts';
import type { Unit } from './units.ts';

class Memory implements BlobStore {
  readonly blobs = new Map<string, Uint8Array>();
  get(key: string) {
    return Promise.resolve(this.blobs.get(key));
  }
  put(key: string, bytes: Uint8Array) {
    this.blobs.set(key, bytes);
    return Promise.resolve();
  }
}

const UNIT: Unit = { object: 'a.o', source: 'a.c', cc1: ['-O2', 'a.c'], as: ['--32'], deps: ['a.c', 'a.h'] };
const MESSAGES = { cc1: 'a.c:1:1: warning: é', as: '' };

function tree(...changes: [string, string | null][]) {
  const files = JSON.stringify({ format: 1, chunks: [], files: {} });
  const sources = SourceTree.open({ read: () => Promise.resolve(success(new Uint8Array())) }, files, 'sources.json');
  if (!sources.ok) throw new Error(sources.message);
  return new ChangedTree(
    sources.value,
    changes.map(([path, text]) => ({ path, text })),
  );
}

test('what was kept comes back, the object that runs without its bytes', async () => {
  const store = new Memory();
  const cache = new ObjectCache(store, 'gcc pack');
  const object = new Uint8Array([1, 2, 3]);
  await cache.put('other', { object, messages: MESSAGES });
  await cache.put('same', { object: undefined, messages: { cc1: '', as: 'x' } });
  expect(await cache.get('other')).toEqual({ object, messages: MESSAGES });
  expect(await cache.get('same')).toEqual({ object: undefined, messages: { cc1: '', as: 'x' } });
  expect(await cache.get('none')).toBeUndefined();
});

test('damage anywhere in what was kept makes it as if nothing were', async () => {
  const store = new Memory();
  const cache = new ObjectCache(store, 'gcc pack');
  await cache.put('k', { object: new Uint8Array([1, 2, 3]), messages: MESSAGES });
  const whole = store.blobs.get('k');
  if (!whole) throw new Error('nothing was kept');
  for (const at of whole.keys()) {
    store.blobs.set(
      'k',
      Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 0x80 : byte)),
    );
    expect(await cache.get('k')).toBeUndefined();
    store.blobs.set('k', whole.subarray(0, at));
    expect(await cache.get('k')).toBeUndefined();
  }
});

test('the name changes with everything that the object depends on, and with nothing else', async () => {
  const cache = new ObjectCache(new Memory(), 'gcc pack');
  const changed = tree(['a.c', 'int x;']);
  const key = await cache.key(UNIT, UNIT.deps, changed);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await cache.key(UNIT, UNIT.deps, tree(['a.c', 'int x;'], ['unread.h', '']))).toBe(key);
  const others = await Promise.all([
    cache.key(UNIT, UNIT.deps, tree(['a.c', 'int y;'])),
    cache.key(UNIT, UNIT.deps, tree(['a.c', null])),
    cache.key(UNIT, UNIT.deps, tree(['a.c', 'int x;'], ['a.h', ''])),
    cache.key(UNIT, [...UNIT.deps, 'new.h'], tree(['a.c', 'int x;'], ['new.h', ''])),
    cache.key({ ...UNIT, cc1: ['-O2a.c'] }, UNIT.deps, changed),
    cache.key({ ...UNIT, as: ['--64'] }, UNIT.deps, changed),
    cache.key({ ...UNIT, object: 'b.o' }, UNIT.deps, changed),
    new ObjectCache(new Memory(), 'other pack').key(UNIT, UNIT.deps, changed),
  ]);
  expect(new Set([key, ...others]).size).toBe(others.length + 1);
});
