import { gunzipSync, gzipSync } from 'fflate';
import { crc32 } from '../crc32.ts';
import { failure, success, type Failure, type Result } from '../failure.ts';

/** Nothing an update holds comes near this; a limit on what a small file may blow up to. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Code and text shrink to a fifth at best; a file that claims to grow beyond these is made to use up memory. */
const MAX_RATIO = 16;
const MIN_LIMIT = 1024 * 1024;

/** Compresses; `time` (seconds since 1970) is stored. Equal inputs give equal bytes. */
export function gzip(bytes: Uint8Array, time: number): Uint8Array {
  return gzipSync(bytes, { level: 9, mtime: time * 1000 });
}

/** Decompresses and checks length and CRC. Fails with `bad_gzip`. */
export function gunzip(bytes: Uint8Array): Result<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bad('This is not a gzip file.');
  if (bytes.length < 18) return bad('The gzip file is cut short.');
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const length = trailer.getUint32(4, true);
  // Where the end of the file is missing, these are any four bytes.
  const limit = Math.min(MAX_BYTES, Math.max(MIN_LIMIT, MAX_RATIO * bytes.length));
  if (length > limit)
    return bad(
      `The gzip file is cut short, damaged or no update: it claims to hold ${length} bytes, and at most ${limit} are read.`,
    );
  let contents: Uint8Array;
  try {
    contents = gunzipSync(bytes, { out: new Uint8Array(length) });
  } catch (error) {
    return bad(`The gzip file is damaged: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (contents.length !== length || crc32(contents) !== trailer.getUint32(0, true))
    return bad('The gzip file is damaged: its checksum is wrong.');
  return success(contents);
}

function bad(message: string): Failure {
  return failure('bad_gzip', message, { hint: 'Get or make the update again.' });
}
