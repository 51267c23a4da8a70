import { gunzipSync, gzipSync } from 'fflate';
import { failure, success, type Failure, type Result } from '../failure.ts';

/** Nothing an update holds comes near this; a limit on what a small file may blow up to. */
const MAX_BYTES = 64 * 1024 * 1024;

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
  if (length > MAX_BYTES) return bad('The gzip file claims to hold more than any update does.');
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

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}
