import { beforeEach, expect, it, vi } from 'vitest';
import { failure, success } from '../../engine/failure.ts';
import { SearchIndex } from '../../workers/search.ts';
import type { ToolchainPort } from '../port.ts';
import { Finder } from './finder.svelte.ts';

const PATHS = ['fs/pipe.c', 'fs/proc/version.c', 'kernel/sys.c'];

/** Node has no storage of a browser. */
beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  return () => void vi.unstubAllGlobals();
});

/** The real index behind the port's search. */
function openFinder(search?: ToolchainPort['search']): Finder {
  const index = new SearchIndex(PATHS, []);
  const real: ToolchainPort['search'] = (query, limit) => Promise.resolve(success(index.search(query, limit)));
  return new Finder({ search: search ?? real } as ToolchainPort);
}

it('goes round, also by more than there are', async () => {
  const finder = openFinder();
  for (const path of PATHS) finder.remember(path);
  await finder.ask('');
  expect(finder.hits).toHaveLength(3);
  const at = (by: number) => {
    finder.move(by);
    return finder.at;
  };
  expect([at(-1), at(1), at(-10), at(10), at(-3)]).toEqual([2, 0, 2, 0, 0]);
  expect(finder.chosen?.path).toBe('kernel/sys.c');
});

it('shows a failure until something else is asked', async () => {
  const finder = openFinder(() => Promise.resolve(failure('worker_silent', 'It does not answer.')));
  await finder.ask('sys');
  expect(finder.failure?.code).toBe('worker_silent');
  await finder.ask('');
  expect(finder.failure).toBeUndefined();
});

it('goes to a line of a file, from 1', async () => {
  const finder = openFinder();
  await finder.ask('sys.c:120');
  expect(finder.chosen).toMatchObject({ path: 'kernel/sys.c', line: 120 });
});
