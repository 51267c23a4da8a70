import type { Changes } from '../diff/changes.ts';
import { success, type Result } from '../failure.ts';
import type { Patch } from '../patch/patch.ts';
import { alignFunction, type LineMap } from './align-function.ts';
import { Chains } from './chains.ts';
import type { Disassemble } from './decode.ts';
import { lineMapOf, patchPlaces, pathOf } from './patch-places.ts';
import type { SourceUse } from './source-uses.ts';
import type { AlignedPiece, FunctionWhy, LineOnlyWhy, Why } from './why.ts';

/** What the sources of a unit tell, found where they are at hand. Plain data. */
export interface SourceEvidence {
  /** Path of the object in the kernel tree. */
  readonly object: string;
  /** The files of the patch that the unit is made from. */
  readonly files: readonly string[];
  readonly uses: readonly SourceUse[];
}

export interface ExplainOptions {
  readonly disassemble: Disassemble;
  /** The patch that the objects were compiled before and after. */
  readonly patch?: Patch | undefined;
  readonly sources?: readonly SourceEvidence[] | undefined;
}

/**
 * Explains the functions of a unit that differ: their instructions side by side, and what of the patch leads to them. Of those that differ only in line
 * numbers the instructions alone. Fails with `bad_code`.
 */
export function explain(changes: Changes, { disassemble, patch, sources = [] }: ExplainOptions): Result<Why> {
  const evidence = sources.find(({ object }) => object === changes.object);
  const aligned = new Map<string, readonly AlignedPiece[]>();
  const map = lineMap(changes.object, patch);
  for (const change of changes.functions) {
    const pieces = alignFunction(change, disassemble, map);
    if (!pieces.ok) return pieces;
    aligned.set(change.name, pieces.value);
  }
  const places = patch && patchPlaces(patch);
  const chains = new Chains(changes, { places, uses: evidence?.uses ?? [], files: evidence?.files, aligned });
  const functions = changes.functions.map((change): FunctionWhy => ({
    name: change.name,
    pieces: aligned.get(change.name) ?? [],
    chains: chains.of(change),
  }));
  const lineOnly: LineOnlyWhy[] = [];
  for (const { name, shifts, pieces } of changes.lineOnlyCode) {
    // The differ has found that these numbers are lines.
    const lines = new Map(shifts.map(({ pre, post }) => [pre, post]));
    const listing = alignFunction({ name, status: 'changed', reasons: [], pieces }, disassemble, (line) => lines.get(line), true);
    if (!listing.ok) return listing;
    lineOnly.push({ name, pieces: listing.value });
  }
  return success({ object: changes.object, functions, lineOnly });
}

function lineMap(object: string, patch: Patch | undefined): LineMap | undefined {
  const file = patch?.files.find((one) => pathOf(one) === object.replace(/\.o$/, '.c'));
  return file && lineMapOf(file.hunks);
}
