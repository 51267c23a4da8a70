import type { Result } from '../engine/failure.ts';
import { fetchFile } from '../workers/fetch-file.ts';

/** More than any file of a pack has; the pack's manifest says how many it should have. */
const LIMIT = 64 * 1024 * 1024;

type File = Result<Uint8Array<ArrayBuffer>>;

/** The files a start needs, asked for all at once, before anybody has read the manifest that names them. */
export class StartFiles {
  readonly base: string;
  readonly #files: ReadonlyMap<string, Promise<File>>;
  #received = 0;
  #total = 0;

  constructor(base: string, paths: readonly string[], onProgress: (received: number, total: number) => void) {
    this.base = base;
    const fetchOne = (path: string) => {
      let known = 0;
      return fetchFile(new URL(path, base).href, `kernels/${path}`, LIMIT, (received, total) => {
        this.#total += total - known;
        known = total;
        if (total > 0) onProgress((this.#received += received), this.#total);
      });
    };
    this.#files = new Map(paths.map((path) => [path, fetchOne(path)]));
  }

  /** Calls `take` with each file when it has come, or with the reason why it has not. */
  each(take: (path: string, file: File) => void): void {
    for (const [path, file] of this.#files) void file.then((result) => take(path, result));
  }
}

/** Compiles v86 while it is still on its way. If that fails the machine tries by itself, with the address, and says why. */
export async function compileEmulator(url: string): Promise<WebAssembly.Module | string> {
  try {
    return await WebAssembly.compileStreaming(fetch(url));
  } catch (error) {
    if (error instanceof Error) return url;
    throw error;
  }
}
