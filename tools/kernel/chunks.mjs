// Many files as a few: chunks of concatenated files, gzipped, and an index that says where each file is.
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** About so many bytes before compression: small enough to fetch for one file, large enough to compress well. */
const CHUNK = 256 * 1024;

/** The same bytes on every machine: no time, no name, no operating system. */
export function gzip(bytes) {
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 255;
  return packed;
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes a value as gzipped JSON. */
export function writeJson(path, value) {
  writeFileSync(path, gzip(JSON.stringify(value)));
}

/**
 * Writes `<pack>/<name>/NNN.gz` and `<pack>/<name>.json.gz`, files in the order given.
 * @param {readonly {path: string, bytes: Buffer}[]} files
 * @param {boolean} hashes whether the index carries the hash of each file
 * @returns {{chunks: number, unpacked: number, packed: number, index: object}}
 */
export function writeChunks(pack, name, files, hashes) {
  rmSync(join(pack, name), { recursive: true, force: true });
  mkdirSync(join(pack, name), { recursive: true });
  const index = { format: 1, chunks: [], files: {} };
  let part = [];
  let length = 0;
  const flush = () => {
    if (length === 0) return;
    const packed = gzip(Buffer.concat(part));
    const file = `${name}/${String(index.chunks.length).padStart(3, '0')}.gz`;
    writeFileSync(join(pack, file), packed);
    index.chunks.push({ file, size: packed.length, sha256: sha256(packed), unpacked: length });
    part = [];
    length = 0;
  };
  for (const { path, bytes } of files) {
    if (length > 0 && length + bytes.length > CHUNK) flush();
    index.files[path] = [index.chunks.length, length, bytes.length, ...(hashes ? [sha256(bytes)] : [])];
    part.push(bytes);
    length += bytes.length;
  }
  flush();
  writeJson(join(pack, `${name}.json.gz`), index);
  const sum = (key) => index.chunks.reduce((total, chunk) => total + chunk[key], 0);
  return { chunks: index.chunks.length, unpacked: sum('unpacked'), packed: sum('size'), index };
}
