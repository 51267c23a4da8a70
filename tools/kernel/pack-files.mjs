// Reading what contents.mjs wrote.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sha256 } from './chunks.mjs';

/** One of the pack's gzipped JSON files. */
export function readJson(pack, name) {
  return JSON.parse(gunzipSync(readFileSync(join(pack, name))).toString());
}

/** Writes all files of an index into a folder. */
export function unpackChunks(pack, name, folder) {
  const index = readJson(pack, `${name}.json.gz`);
  const chunks = index.chunks.map((chunk) => {
    const packed = readFileSync(join(pack, chunk.file));
    if (packed.length !== chunk.size || sha256(packed) !== chunk.sha256)
      throw new Error(`${chunk.file} is not what its index says`);
    return gunzipSync(packed);
  });
  for (const [path, [chunk, offset, length]] of Object.entries(index.files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), chunks[chunk].subarray(offset, offset + length));
  }
  return index;
}

/** A unit of units.json with its words and files written out. */
export function expanded({ words, files }, unit) {
  return {
    ...unit,
    cc1: unit.cc1.map((number) => words[number]),
    as: unit.as.map((number) => words[number]),
    deps: unit.deps.map((number) => files[number]),
  };
}
