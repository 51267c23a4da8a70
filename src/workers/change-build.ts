import { success, type Result } from '../engine/failure.ts';
import type { FileChange } from '../engine/patch/tree.ts';
import { compilePatch } from '../engine/pipeline/compile-patch.ts';
import type { KernelPack } from '../engine/pipeline/pack.ts';
import { sourceEvidence } from '../engine/pipeline/source-evidence.ts';
import { compileFailure, type CompileFailure } from '../engine/toolchain/diagnostic.ts';
import { CANCELLED } from '../engine/toolchain/gcc-pool.ts';
import type { Compiled, Toolchain } from '../engine/toolchain/toolchain.ts';
import type { BuildOptions, BuildProgress, BuiltChange, Timing } from './toolchain-types.ts';

type OnProgress = (progress: BuildProgress) => void;

/** From changes to an update, with a word on what is being done, and how long each part took. */
export async function buildChange(
  toolchain: Toolchain,
  pack: KernelPack,
  changes: readonly FileChange[],
  options: BuildOptions,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Result<Omit<BuiltChange, 'notes'>> | CompileFailure> {
  const began = performance.now();
  const loaded = await load(toolchain, changes, signal, onProgress);
  if (!loaded.ok) return loaded;
  const ready = performance.now();
  let compared = ready;
  const built = await compilePatch(toolchain, pack, changes, {
    ...options,
    timestamp: Math.floor(Date.now() / 1000),
    signal,
    onProgress: (unit) => onProgress({ stage: 'compile', unit }),
    onStage: (stage) => {
      if (stage === 'pack') compared = performance.now();
      onProgress({ stage });
    },
  });
  if (!built.ok) return built;
  const { id, tarball, patch, compiled, createMilliseconds } = built.value;
  const end = performance.now();
  return success({
    id,
    tarball,
    changes: built.value.changes,
    patch,
    sources: await sourceEvidence(toolchain, changes, patch, built.value.changes),
    units: compiled.units.map(({ path, milliseconds, cached }) => ({ object: path, milliseconds, cached })),
    same: compiled.same,
    diagnostics: compiled.diagnostics,
    timings: [
      { name: 'load', milliseconds: ready - began },
      { name: 'compile', milliseconds: compiled.milliseconds },
      ...partsOf(compiled),
      { name: 'diff', milliseconds: createMilliseconds - (end - compared) },
      { name: 'create', milliseconds: end - compared },
    ],
  });
}

/** Compiler and sources side by side, so that neither waits until the other has come over the network. */
async function load(
  { compiler, sources, units }: Toolchain,
  changes: readonly FileChange[],
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Result<void> | CompileFailure> {
  const hear = (step: 'compiler' | 'sources') => (received: number, total: number) =>
    onProgress({ stage: 'load', load: { step, received, total } });
  const files = changes.flatMap(({ path }) => units.unitOfSource(path)?.deps ?? []);
  const loading = Promise.all([compiler.load(hear('compiler')), sources.readMany(files, hear('sources'))]);
  const stopped = new Promise<undefined>((stop) => signal.addEventListener('abort', () => stop(undefined)));
  const loaded = await Promise.race([loading, stopped]);
  if (!loaded) return compileFailure(CANCELLED);
  return loaded.find((part) => !part.ok) ?? success(undefined);
}

/** What the compilers did meanwhile, added up over units. */
function partsOf({ units }: Compiled): Timing[] {
  const sum = (part: 'instantiate' | 'files' | 'cc1' | 'as') =>
    units.reduce((total, { timings }) => total + (timings?.[part] ?? 0), 0);
  return (['instantiate', 'files', 'cc1', 'as'] as const).map((name) => ({ name, milliseconds: sum(name) }));
}
