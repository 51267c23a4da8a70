import * as v from 'valibot';
import { failure, success, type Failure, type Result } from '../failure.ts';
import { readPacked, REFETCH, type FileSource } from './file-source.ts';
import { count, hash, parseJson, treePath } from './json.ts';

/** The largest chunk a pack may have; one file larger than the usual quarter of a megabyte is a chunk of its own. */
const CHUNK_LIMIT = 16 * 1024 * 1024;

const chunk = v.object({
  file: treePath,
  size: v.pipe(count, v.maxValue(CHUNK_LIMIT)),
  sha256: hash,
  unpacked: v.pipe(count, v.maxValue(CHUNK_LIMIT)),
});
const index = v.object({
  format: v.literal(1),
  chunks: v.pipe(v.array(chunk), v.maxLength(4096)),
  files: v.record(treePath, v.union([v.strictTuple([count, count, count]), v.strictTuple([count, count, count, hash])])),
});
type Index = v.InferOutput<typeof index>;

/** How much a reading has brought so far, in bytes as they travel. */
export type OnLoad = (received: number, total: number) => void;

/**
 * Many files in a few compressed chunks. A chunk is fetched when one of its files is first asked for, verified, and kept; readers
 * who ask at the same time share the fetch. A fetch that failed is tried again by the next reader.
 */
export class SourceTree {
  readonly #source: FileSource;
  readonly #index: Index;
  readonly #loaded = new Map<number, Uint8Array>();
  readonly #loading = new Map<number, Promise<Result<Uint8Array>>>();

  private constructor(source: FileSource, parsed: Index) {
    this.#source = source;
    this.#index = parsed;
  }

  /** Checks an index (`sources.json`, `objects.json`), which `where` names in a failure. Fails with `bad_index`. */
  static open(source: FileSource, json: string, where: string): Result<SourceTree> {
    const parsed = parseJson(index, json, where, 'bad_index');
    if (!parsed.ok) return parsed;
    for (const [path, [number, offset, length]] of Object.entries(parsed.value.files)) {
      const unpacked = parsed.value.chunks[number]?.unpacked;
      if (unpacked === undefined || offset + length > unpacked) {
        return failure('bad_index', 'A file of the index lies outside its chunk.', { where: `${where} ${path}`, hint: REFETCH });
      }
    }
    return success(new SourceTree(source, parsed.value));
  }

  /** All paths, in the order of the index. */
  get paths(): readonly string[] {
    return Object.keys(this.#index.files);
  }

  has(path: string): boolean {
    return Object.hasOwn(this.#index.files, path);
  }

  /** Length of a file in bytes, without loading it; undefined if there is no such file. */
  size(path: string): number | undefined {
    return this.#entry(path)?.[2];
  }

  /** Hash of a file as the index gives it, if it does. */
  hash(path: string): string | undefined {
    return this.#entry(path)?.[3];
  }

  /** A hash over what the chunks hold: two trees with the same are the same. */
  get identity(): string {
    return this.#index.chunks.map((entry) => entry.sha256).join(' ');
  }

  /** One file. The bytes are shared: whoever reads them does not write them. */
  async read(path: string): Promise<Result<Uint8Array>> {
    const files = await this.readMany([path]);
    if (!files.ok) return files;
    const bytes = files.value.get(path);
    return bytes ? success(bytes) : unknown(path);
  }

  /** Several files, their chunks side by side. Fails with `unknown_file` or why a chunk cannot be had. */
  async readMany(paths: Iterable<string>, onLoad?: OnLoad): Promise<Result<Map<string, Uint8Array>>> {
    const wanted = [...paths];
    const numbers = new Set<number>();
    for (const path of wanted) {
      const entry = this.#entry(path);
      if (!entry) return unknown(path);
      numbers.add(entry[0]);
    }
    const failed = await this.#load([...numbers], onLoad);
    if (failed) return failed;
    return success(new Map(wanted.map((path) => [path, this.#bytes(path)])));
  }

  /** A file that is loaded already; undefined if its chunk is not here or there is no such file. */
  peek(path: string): Uint8Array | undefined {
    const entry = this.#entry(path);
    return entry && this.#loaded.has(entry[0]) ? this.#bytes(path) : undefined;
  }

  /** Compressed bytes that reading these files would still fetch. */
  missingBytes(paths: Iterable<string>): number {
    const numbers = new Set([...paths].map((path) => this.#entry(path)?.[0]));
    return this.#index.chunks.reduce((sum, { size }, i) => (numbers.has(i) && !this.#loaded.has(i) ? sum + size : sum), 0);
  }

  async #load(numbers: readonly number[], onLoad: OnLoad | undefined): Promise<Failure | undefined> {
    const missing = numbers.filter((number) => !this.#loaded.has(number));
    const sizeOf = (number: number) => this.#index.chunks[number]?.size ?? 0;
    const total = missing.reduce((sum, number) => sum + sizeOf(number), 0);
    let received = 0;
    const results = await Promise.all(
      missing.map(async (number) => {
        const result = await this.#chunk(number);
        received += sizeOf(number);
        onLoad?.(received, total);
        return result;
      }),
    );
    return results.find((result) => !result.ok);
  }

  #chunk(number: number): Promise<Result<Uint8Array>> {
    const shared = this.#loading.get(number);
    if (shared) return shared;
    const entry = this.#index.chunks[number];
    if (!entry) throw new RangeError(`There is no chunk ${number}.`);
    const loading = readPacked(this.#source, entry.file, entry)
      .then((result) => {
        if (result.ok) this.#loaded.set(number, result.value);
        return result;
      })
      .finally(() => this.#loading.delete(number));
    this.#loading.set(number, loading);
    return loading;
  }

  #bytes(path: string): Uint8Array {
    const entry = this.#entry(path);
    const bytes = entry && this.#loaded.get(entry[0]);
    if (!bytes) throw new RangeError(`${path} is not loaded.`);
    return bytes.subarray(entry[1], entry[1] + entry[2]);
  }

  #entry(path: string): Index['files'][string] | undefined {
    return Object.hasOwn(this.#index.files, path) ? this.#index.files[path] : undefined;
  }
}

function unknown(path: string): Failure {
  return failure('unknown_file', 'This kernel was not built from such a file.', {
    where: path,
    hint: 'Search for the file; only what this kernel was built from is here.',
  });
}
