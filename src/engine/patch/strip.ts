import { success, type Failure, type Result } from '../failure.ts';
import { treePath } from './name.ts';
import type { FilePatch, Patch } from './patch.ts';
import type { PatchedTree } from './tree.ts';

/**
 * How many leading components the names of a patch have too many (the -p of patch(1)): 1 or 0. What exists in the tree tells;
 * where nothing does, the look of the names. A file that cannot be read under one name may be none of the kernel's: what `apply`
 * asks for again counts. Fails if nothing is found and something cannot be read.
 */
export async function chooseStrip(patch: Patch, tree: PatchedTree): Promise<Result<number>> {
  const likely = patch.files.filter(looksPrefixed).length * 2 > patch.files.length ? 1 : 0;
  let best = { strip: likely, found: 0 };
  let failed: Failure | undefined;
  for (const strip of [likely, 1 - likely]) {
    let found = 0;
    let asked = 0;
    for (const file of patch.files) {
      const exists = await fileExists(file, strip, tree);
      if (file.kind !== 'create') asked++;
      if (!exists.ok) failed ??= exists;
      else if (exists.value) found++;
    }
    if (found > best.found) best = { strip, found };
    if (asked > 0 && found >= asked) break;
  }
  return best.found === 0 && failed ? failed : success(best.strip);
}

/** `a/x` and `b/x`, or `linux.orig/x` and `linux/x`. */
function looksPrefixed({ oldName, newName, gitPrefixes }: FilePatch): boolean {
  if (gitPrefixes || !oldName.prefixed) return true;
  const [old, now] = [oldName.path.split('/'), newName.path.split('/')];
  return old.length > 1 && old[0] !== now[0] && old.slice(1).join('/') === now.slice(1).join('/');
}

async function fileExists(file: FilePatch, strip: number, tree: PatchedTree): Promise<Result<boolean>> {
  for (const name of [file.newName, file.oldName]) {
    const path = treePath(name, strip, file.line);
    if (!path.ok) return path;
    const text = path.value === undefined ? success(undefined) : await tree.text(path.value);
    if (!text.ok) return text;
    if (text.value !== undefined) return success(true);
  }
  return success(false);
}
