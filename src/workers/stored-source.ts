import { success, type Result } from '../engine/failure.ts';
import type { PackSource } from '../engine/pipeline/pack.ts';
import { sha256 } from '../engine/toolchain/file-source.ts';
import { fetchFile } from './fetch-file.ts';

/** Where files are kept between visits, by the hash of their contents. */
export interface FileShelf {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  drop(key: string): Promise<void>;
}

/**
 * Files below an address, each fetched at most once in the life of a browser: what has come and is what it should be is kept.
 * Files asked for without a hash are fetched every time.
 */
export class StoredSource implements PackSource {
  readonly #base: string;
  readonly #name: string;
  readonly #shelf: FileShelf;
  readonly #onBytes: (received: number) => void;

  /** `name`: the folder, for failures. `onBytes` hears of bytes that came over the network. */
  constructor(base: string, name: string, shelf: FileShelf, onBytes: (received: number) => void = () => undefined) {
    this.#base = base;
    this.#name = name;
    this.#shelf = shelf;
    this.#onBytes = onBytes;
  }

  async read(path: string, limit: number, hash?: string): Promise<Result<Uint8Array>> {
    if (hash !== undefined) {
      const kept = await keptFile(this.#shelf, hash);
      if (kept) return success(kept);
    }
    const file = await fetchFile(new URL(path, this.#base).href, `${this.#name}/${path}`, limit, this.#onBytes);
    if (file.ok && hash !== undefined && (await isFile(file.value, hash))) void this.#shelf.put(hash, file.value);
    return file;
  }
}

/** The file of that hash, if it is kept and unhurt. */
export async function keptFile(shelf: FileShelf, hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const found = await shelf.get(hash);
  if (!found) return undefined;
  const bytes = new Uint8Array(found);
  if (await isFile(bytes, hash)) return bytes;
  void shelf.drop(hash);
  return undefined;
}

async function isFile(bytes: Uint8Array, hash: string): Promise<boolean> {
  const found = await sha256(bytes);
  return found.ok && found.value === hash;
}
