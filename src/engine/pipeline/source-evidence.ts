import type { Changes } from '../diff/changes.ts';
import { success, type Result } from '../failure.ts';
import { parsePatch } from '../patch/parse.ts';
import type { FileChange } from '../patch/tree.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';
import { Chains, isKnown } from '../why/chains.ts';
import type { SourceEvidence } from '../why/explain.ts';
import { patchPlaces, type PatchPlace } from '../why/patch-places.ts';
import { sourceUses } from '../why/source-uses.ts';

/**
 * Looks in the sources of the units for what uses what a patch changes: an inline function of a header, a macro, a structure. Fails if a source cannot
 * be had, or the patch is none.
 */
export async function sourceEvidence(
  toolchain: Toolchain,
  files: readonly FileChange[],
  patch: string,
  units: readonly Changes[],
): Promise<Result<SourceEvidence[]>> {
  const parsed = parsePatch(patch);
  if (!parsed.ok) return parsed;
  const places = patchPlaces(parsed.value);
  const changed = new Map(files.map(({ path, text }) => [path, text ?? undefined]));
  const result: SourceEvidence[] = [];
  for (const changes of units) {
    const { object } = changes;
    const unit = toolchain.units.unit(object);
    // Reading a thousand headers takes a moment; mostly the patch itself says it all.
    if (!unit || explained(changes, places)) continue;
    const known = unit.deps.filter((path) => toolchain.sources.has(path));
    const read = await toolchain.sources.readMany(known);
    if (!read.ok) return read;
    const decoder = new TextDecoder();
    const text = (path: string): string | undefined =>
      changed.has(path) ? changed.get(path) : read.value.has(path) ? decoder.decode(read.value.get(path)) : undefined;
    const own = [...new Set([...known, ...changed.keys()])].filter((path) => known.includes(path) || path === unit.source);
    result.push({
      object,
      files: own.filter((path) => changed.has(path)),
      uses: sourceUses(unit.source, own, places, text),
    });
  }
  return success(result);
}

function explained(changes: Changes, places: readonly PatchPlace[]): boolean {
  const chains = new Chains(changes, { places, uses: [], files: undefined, aligned: new Map() });
  return changes.functions.every((change) => chains.of(change).some(isKnown));
}
