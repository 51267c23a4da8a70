import { hex } from '../bytes.ts';
import { failure, success, type Result } from '../failure.ts';
import { parseKernelIndex, parseManifest, type KernelSummary, type Manifest, type PackFile } from './manifest.ts';

/**
 * Where packs come from: a folder in Node, `fetch` on a page. Reads one file by its path below `kernels/`. Of a file with more
 * than `limit` bytes it gives more than `limit`, but need not give all: whoever asked sees that the size is wrong.
 * `sha256` is what the file should be: a source that keeps files finds it by that. Whoever asked verifies it.
 */
export interface PackSource {
  read(path: string, limit: number, sha256?: string): Promise<Result<Uint8Array>>;
}

const MANIFEST_LIMIT = 1024 * 1024;
/** System.map is 3 MB, units.json 2 MB. */
const UNPACKED_LIMIT = 64 * 1024 * 1024;

/** Names of folders and of a file, none of which begins with a dot. */
const INSIDE = /^(?:[A-Za-z0-9_][A-Za-z0-9._+-]*\/){0,4}[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

/** The kernels a source has. */
export async function listKernels(source: PackSource): Promise<Result<readonly KernelSummary[]>> {
  const bytes = await source.read('index.json', MANIFEST_LIMIT);
  return bytes.ok ? parseKernelIndex(bytes.value, 'kernels/index.json') : bytes;
}

/**
 * One kernel pack. Every file of the manifest is checked against size and hash when it is read. A file that only an index of the
 * pack lists (`sources/000.gz`) comes through `read` as its source gives it; the index has its size and hash.
 */
export class KernelPack implements PackSource {
  readonly manifest: Manifest;
  readonly #source: PackSource;

  private constructor(source: PackSource, manifest: Manifest) {
    this.#source = source;
    this.manifest = manifest;
  }

  /** Opens the pack of that id; without an id, the first of the list. */
  static async open(source: PackSource, id?: string): Promise<Result<KernelPack>> {
    const kernels = await listKernels(source);
    if (!kernels.ok) return kernels;
    const known = kernels.value.map((kernel) => kernel.id);
    const wanted = id ?? known[0];
    if (wanted === undefined || !known.includes(wanted)) {
      return failure('unknown_kernel', 'There is no such kernel pack.', {
        where: wanted,
        expected: known.length > 0 ? `one of: ${known.join(', ')}` : 'at least one pack',
        hint: '`hotsplice kernels` lists the packs.',
      });
    }
    const path = `${wanted}/manifest.json`;
    const bytes = await source.read(path, MANIFEST_LIMIT);
    if (!bytes.ok) return bytes;
    const manifest = parseManifest(bytes.value, `kernels/${path}`);
    if (!manifest.ok) return manifest;
    if (manifest.value.id !== wanted) {
      return failure('bad_manifest', 'The manifest belongs to another kernel pack.', {
        where: `kernels/${path}`,
        expected: wanted,
        found: manifest.value.id,
      });
    }
    return success(new KernelPack(source, manifest.value));
  }

  /** True if the pack has a file of that role. */
  has(role: string): boolean {
    return this.#find(role) !== undefined;
  }

  /** The file of that role as it is stored. */
  async file(role: string): Promise<Result<Uint8Array<ArrayBuffer>>> {
    const found = this.#find(role);
    const where = `kernels/${this.manifest.id}/${found?.[0] ?? 'manifest.json'}`;
    if (!found) return failure('pack_file', `The kernel pack has no ${role}.`, { where, hint: REFETCH });
    const [name, entry] = found;
    const bytes = await this.#source.read(`${this.manifest.id}/${name}`, entry.size, entry.sha256);
    return bytes.ok ? verify(bytes.value, entry, where) : bytes;
  }

  /**
   * A file below the pack's folder, by its path in there. Whoever asks checks it, as with any source. Fails with `pack_file` if
   * the path leads elsewhere.
   */
  read(path: string, limit: number, sha256?: string): Promise<Result<Uint8Array>> {
    const where = `kernels/${this.manifest.id}/${path}`;
    if (!INSIDE.test(path)) return Promise.resolve(failure('pack_file', 'A file of the kernel pack has a bad name.', { where }));
    return this.#source.read(`${this.manifest.id}/${path}`, limit, sha256);
  }

  /** The file of that role, gunzipped, as UTF-8 text. */
  async text(role: string): Promise<Result<string>> {
    const file = await this.file(role);
    if (!file.ok) return file;
    const stream = new Blob([file.value]).stream().pipeThrough(new DecompressionStream('gzip'));
    const decoder = new TextDecoder();
    let text = '';
    let size = 0;
    const reader = stream.getReader();
    for (;;) {
      let part: ReadableStreamReadResult<Uint8Array>;
      try {
        part = await reader.read();
      } catch (error) {
        const found = error instanceof Error ? error.message : String(error);
        return failure('pack_file', `The ${role} of the kernel pack is not a gzip file.`, {
          where: this.manifest.id,
          found,
          hint: REFETCH,
        });
      }
      if (part.done) return success(text + decoder.decode());
      size += part.value.length;
      if (size > UNPACKED_LIMIT) {
        return failure('pack_file', `The ${role} of the kernel pack is too large.`, {
          where: this.manifest.id,
          expected: `${UNPACKED_LIMIT} bytes`,
        });
      }
      text += decoder.decode(part.value, { stream: true });
    }
  }

  #find(role: string): [string, PackFile] | undefined {
    return Object.entries(this.manifest.files).find(([, entry]) => entry.role === role);
  }
}

async function verify(bytes: Uint8Array, entry: PackFile, where: string): Promise<Result<Uint8Array<ArrayBuffer>>> {
  if (bytes.length !== entry.size) {
    const sizes = { expected: `${entry.size} bytes`, found: bytes.length > entry.size ? 'more' : `${bytes.length} bytes` };
    return failure('pack_hash', 'A file of the kernel pack has the wrong size.', { where, ...sizes, hint: REFETCH });
  }
  if (!('subtle' in crypto)) {
    return failure('insecure_page', 'The browser offers no hashing here, so the kernel pack cannot be verified.', {
      where,
      hint: 'Open the page over https or from localhost.',
    });
  }
  const copy = new Uint8Array(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', copy));
  const found = hex(digest);
  if (found === entry.sha256) return success(copy);
  return failure('pack_hash', 'A file of the kernel pack is not the one its manifest lists.', {
    where,
    expected: `sha256 ${entry.sha256}`,
    found: `sha256 ${found}`,
    hint: REFETCH,
  });
}

const REFETCH = 'Fetch the kernel pack again (git checkout -- public/kernels), or reload the page without its cache.';
