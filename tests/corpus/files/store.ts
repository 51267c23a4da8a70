import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/dev/paths.mjs';
import type { BlobStore } from '../../../src/engine/toolchain/object-cache.ts';

const FOLDER = join(ROOT, '.cache/objects');

/** Keeps compiled objects in the checkout, so that comparing the corpus again, after a change of the differ, takes seconds. */
export const objectStore: BlobStore = {
  get(key) {
    const file = join(FOLDER, key);
    return Promise.resolve(existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined);
  },
  put(key, bytes) {
    mkdirSync(FOLDER, { recursive: true });
    const aside = join(FOLDER, `${key}.${process.pid}`);
    writeFileSync(aside, bytes);
    renameSync(aside, join(FOLDER, key));
    return Promise.resolve();
  },
};
