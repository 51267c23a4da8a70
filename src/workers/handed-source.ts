import type { Result } from '../engine/failure.ts';
import type { PackSource } from '../engine/pipeline/pack.ts';
import { fetchFile } from './fetch-file.ts';

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/**
 * Kernel packs for a worker whose page has begun to fetch some of their files before the worker was there: those are handed
 * over when they have come; the others the worker fetches itself.
 */
export class HandedSource implements PackSource {
  readonly #base: string;
  readonly #handed = new Map<string, Deferred<Result<Uint8Array>>>();

  constructor(base: string, expected: readonly string[]) {
    this.#base = base;
    for (const path of expected) this.#handed.set(path, deferred());
  }

  /** Takes a file that was expected, or why it did not come. */
  hand(path: string, file: Result<Uint8Array>): void {
    this.#handed.get(path)?.resolve(file);
  }

  async read(path: string, limit: number): Promise<Result<Uint8Array>> {
    const handed = this.#handed.get(path);
    if (!handed) return fetchFile(new URL(path, this.#base).href, `kernels/${path}`, limit);
    const file = await handed.promise;
    this.#handed.delete(path);
    return file;
  }
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
