import { hex } from '../bytes.ts';
import { failure, success, type Result } from '../failure.ts';

/**
 * Where the files of a pack come from: a folder in Node, `fetch` on a page. Of a file with more than `limit` bytes it gives more
 * than `limit`, but need not give all: whoever asked sees that the size is wrong. `sha256` is what the file should be, if that is known: a
 * source that keeps files finds it by that. Whoever asked verifies it.
 */
export interface FileSource {
  read(path: string, limit: number, sha256?: string): Promise<Result<Uint8Array>>;
}

/** What an index says of a file that was compressed. */
export interface PackedFile {
  readonly size: number;
  readonly sha256: string;
  readonly unpacked: number;
}

/** Reads a gzip file that an index lists: size and hash are checked before a byte is unpacked, the length after. */
export async function readPacked(source: FileSource, path: string, entry: PackedFile): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const packed = await source.read(path, entry.size, entry.sha256);
  if (!packed.ok) return packed;
  if (packed.value.length !== entry.size) {
    return wrong('has the wrong size', path, `${entry.size} bytes`, `${packed.value.length} bytes`);
  }
  const found = await sha256(packed.value);
  if (!found.ok) return { ...found, where: path };
  if (found.value !== entry.sha256) {
    return wrong('is not the one its index lists', path, `sha256 ${entry.sha256}`, `sha256 ${found.value}`);
  }
  return unpack(packed.value, path, entry.unpacked);
}

/** Hash as lower-case hex. Fails with `insecure_page` where the browser offers no hashing. */
export async function sha256(bytes: Uint8Array): Promise<Result<string>> {
  if (!('subtle' in crypto)) {
    return failure('insecure_page', 'The browser offers no hashing here, so files cannot be verified.', {
      hint: 'Open the page over https or from localhost.',
    });
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', owned(bytes)));
  return success(hex(digest));
}

/** Gunzips into exactly `length` bytes; more or fewer are a failure, and more are never kept. */
async function unpack(packed: Uint8Array, where: string, length: number): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const bytes = new Uint8Array(length);
  let at = 0;
  const reader = new Blob([owned(packed)]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    let part: ReadableStreamReadResult<Uint8Array>;
    try {
      part = await reader.read();
    } catch (error) {
      return wrong('is not a gzip file', where, undefined, error instanceof Error ? error.message : String(error));
    }
    if (part.done) break;
    if (at + part.value.length > length) {
      await reader.cancel();
      return wrong('is longer than its index says', where, `${length} bytes`, 'more');
    }
    bytes.set(part.value, at);
    at += part.value.length;
  }
  return at === length ? success(bytes) : wrong('is shorter than its index says', where, `${length} bytes`, `${at} bytes`);
}

/** The platform's functions want memory that is not shared between threads; ours never is. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

function wrong(what: string, where: string, expected: string | undefined, found: string): Result<never> {
  return failure('pack_hash', `A file ${what}.`, { where, ...(expected !== undefined && { expected }), found, hint: REFETCH });
}

/** The way out when a shipped file is damaged. */
export const REFETCH = 'Fetch the files again (git checkout -- public), or reload the page without its cache.';
