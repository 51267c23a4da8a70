import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The checkout. A bundle of this file lies elsewhere, so who starts one says where it is. */
export const ROOT = process.env.HOTSPLICE_ROOT ?? resolve(import.meta.dirname, '../..');

/** Modification time (ms) of the newest file under the given paths; 0 if there is none. */
export function newest(...paths) {
  let time = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    time = Math.max(time, stat.mtimeMs);
    if (stat.isDirectory()) time = Math.max(time, newest(...readdirSync(path).map((name) => join(path, name))));
  }
  return time;
}
