import * as v from 'valibot';
import { failure, success, type Result } from '../engine/failure.ts';
import { REFETCH } from '../engine/toolchain/file-source.ts';
import { count, parseJson, treePath } from '../engine/toolchain/json.ts';
import type { FunctionPlace } from './search.ts';

const name = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/));
const document = v.object({
  format: v.literal(1),
  files: v.pipe(v.array(treePath), v.maxLength(65_536)),
  functions: v.pipe(v.array(v.strictTuple([name, count, count])), v.maxLength(500_000)),
});

/** Reads a pack's list of functions (`functions.json`). Fails with `bad_functions`. */
export function parseFunctions(json: string, where: string): Result<readonly FunctionPlace[]> {
  const parsed = parseJson(document, json, where, 'bad_functions');
  if (!parsed.ok) return parsed;
  const { files, functions } = parsed.value;
  const places: FunctionPlace[] = [];
  for (const [called, file, line] of functions) {
    const path = files[file];
    if (path === undefined) {
      return failure('bad_functions', 'A function is in a file that is not in the list.', {
        where: `${where} ${called}`,
        hint: REFETCH,
      });
    }
    places.push({ name: called, path, line });
  }
  return success(places);
}
