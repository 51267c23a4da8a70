import type { Changes } from '../diff/changes.ts';
import type { Allowable } from '../diff/refusal.ts';
import { failure, success, type Failure } from '../failure.ts';
import { writePatch } from '../patch/write.ts';
import type { FileChange } from '../patch/tree.ts';
import type { CompileOptions } from '../toolchain/compile-run.ts';
import { compileFailure, type CompileResult } from '../toolchain/diagnostic.ts';
import { CANCELLED } from '../toolchain/gcc-pool.ts';
import type { Compiled, Toolchain } from '../toolchain/toolchain.ts';
import { createUpdate } from '../update/create.ts';
import { checkLinking, type KernelObjects } from './linking.ts';
import type { KernelPack } from './pack.ts';

export interface CompilePatchOptions extends CompileOptions {
  /** Lower-case letters, digits and _; at most 31 of them. */
  readonly id: string;
  readonly description?: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** The patch as its author wrote it, to be kept in the update; else one is written from the changes. */
  readonly patch?: string;
  /** Refusals that shall not be made. */
  readonly allow?: readonly Allowable[];
  /** As for `createUpdate`. */
  readonly replaceLineOnly?: boolean;
  readonly keepObjects?: boolean;
  /** Hears when the objects are about to be compared, and when they have been. */
  readonly onStage?: (stage: 'compare' | 'pack') => void;
}

/** An update made from a change of the source. */
export interface BuiltUpdate {
  readonly id: string;
  readonly tarball: Uint8Array;
  /** One per unit whose object changed. */
  readonly changes: readonly Changes[];
  /** The change as a patch. */
  readonly patch: string;
  readonly compiled: Compiled;
  /** Milliseconds of comparing and packing. */
  readonly createMilliseconds: number;
}

/**
 * From changes of the source to an update: compile what they concern, compare with the objects that run, pack. Failures: those of
 * `Toolchain.compile`, `checkLinking` and `createUpdate`; `no_changes` if every object came out as it runs.
 */
export async function compilePatch(
  toolchain: Toolchain,
  pack: KernelPack,
  changes: readonly FileChange[],
  options: CompilePatchOptions,
): Promise<CompileResult<BuiltUpdate>> {
  const compiled = await toolchain.compile(changes, options);
  if (!compiled.ok) return compiled;
  if (compiled.value.units.length === 0) return compileFailure(unchanged(compiled.value), compiled.value.diagnostics);
  const patch = options.patch === undefined ? await sourcePatch(toolchain, changes) : success(options.patch);
  if (!patch.ok) return compileFailure(patch);
  const began = performance.now();
  const { id, description, timestamp, allow = [], onStage } = options;
  if (options.signal?.aborted) return compileFailure(CANCELLED);
  onStage?.('compare');
  const units = compiled.value.units.map(({ path, target, pre, post }) => ({
    path,
    pre,
    post,
    ...(target !== undefined && { target }),
  }));
  const linked = await checkLinking(pack, kernelObjects(toolchain), units);
  if (!linked.ok) return compileFailure(linked, compiled.value.diagnostics);
  const update = createUpdate({
    id,
    kernel: pack.manifest,
    units,
    patch: patch.value,
    description,
    timestamp,
    allow,
    ...(options.replaceLineOnly && { replaceLineOnly: true }),
    ...(options.keepObjects && { keepObjects: true }),
    onCompared: () => onStage?.('pack'),
  });
  if (!update.ok) return compileFailure(update, compiled.value.diagnostics);
  return success({
    id,
    tarball: update.value.tarball,
    changes: update.value.changes,
    patch: patch.value,
    compiled: compiled.value,
    createMilliseconds: performance.now() - began,
  });
}

/** The objects of the pack that a toolchain works with. */
export function kernelObjects({ units, objects }: Toolchain): KernelObjects {
  return { paths: units.objects, readMany: (paths) => objects.readMany(paths) };
}

/** Changes of the kernel's sources as a git-style patch. */
export async function sourcePatch(toolchain: Toolchain, changes: readonly FileChange[]): Promise<CompileResult<string>> {
  const files: { path: string; before: string | undefined; after: string | undefined }[] = [];
  for (const { path, text } of changes) {
    let before: string | undefined;
    if (toolchain.sources.has(path)) {
      const read = await toolchain.readFile(path);
      if (!read.ok) return compileFailure(read);
      before = read.value;
    }
    files.push({ path, before, after: text ?? undefined });
  }
  return success(writePatch(files));
}

function unchanged({ same }: Compiled): Failure {
  return failure(
    'no_changes',
    'Everything the change concerns compiles to the very code that runs, so there is nothing to update.',
    {
      where: same[0],
      found: `${same.length} ${same.length === 1 ? 'object' : 'objects'}, all as they run`,
      hint: 'Comments, blank lines and code that the compiler drops make no difference.',
    },
  );
}
