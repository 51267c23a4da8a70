import { failure, success, type Result } from '../engine/failure.ts';
import type { FileChange } from '../engine/patch/tree.ts';
import type { Manifest } from '../engine/pipeline/manifest.ts';
import { compileFailure, type CompileFailure } from '../engine/toolchain/diagnostic.ts';
import { CANCELLED } from '../engine/toolchain/gcc-pool.ts';
import type { Compiled, Toolchain } from '../engine/toolchain/toolchain.ts';
import { createUpdate } from '../engine/update/create.ts';
import { diffOf } from './change-diff.ts';
import type { BuildOptions, BuildProgress, BuiltChange, Timing } from './toolchain-types.ts';

type Built = Omit<BuiltChange, 'notes'>;

/** One run from changes to an update. */
export class ChangeBuild {
  readonly #toolchain: Toolchain;
  readonly #kernel: Manifest;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: BuildProgress) => void;
  readonly #timings: Timing[] = [];

  constructor(toolchain: Toolchain, kernel: Manifest, signal: AbortSignal, onProgress: (progress: BuildProgress) => void) {
    this.#toolchain = toolchain;
    this.#kernel = kernel;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  async run(changes: readonly FileChange[], options: BuildOptions): Promise<Result<Built> | CompileFailure> {
    const loaded = await this.#timed('load', () => this.#load(changes));
    if (!loaded.ok) return loaded;
    const compiled = await this.#timed('compile', () =>
      this.#toolchain.compile(changes, {
        signal: this.#signal,
        onProgress: (unit) => this.#onProgress({ stage: 'compile', unit }),
      }),
    );
    if (!compiled.ok) return compiled;
    this.#timings.push(...partsOf(compiled.value));
    const patch = await this.#timed('patch', () => diffOf(this.#toolchain, changes));
    if (!patch.ok) return patch;
    if (this.#signal.aborted) return CANCELLED;
    return this.#create(compiled.value, patch.value, options);
  }

  /** Compiler and sources side by side, so that neither waits for the other's way through the network. */
  async #load(changes: readonly FileChange[]): Promise<Result<void> | CompileFailure> {
    const { compiler, sources, units } = this.#toolchain;
    const onProgress = (step: 'compiler' | 'sources') => (received: number, total: number) =>
      this.#onProgress({ stage: 'load', load: { step, received, total } });
    const files = changes.flatMap(({ path }) => units.unitOfSource(path)?.deps ?? []);
    const loading = Promise.all([compiler.load(onProgress('compiler')), sources.readMany(files, onProgress('sources'))]);
    const stopped = new Promise<undefined>((stop) => this.#signal.addEventListener('abort', () => stop(undefined)));
    const loaded = await Promise.race([loading, stopped]);
    if (!loaded) return compileFailure(CANCELLED);
    return loaded.find((part) => !part.ok) ?? success(undefined);
  }

  #create({ units, same, diagnostics }: Compiled, patch: string, { id, description }: BuildOptions): Result<Built> {
    if (units.length === 0) {
      return failure('nothing_to_ship', 'Everything compiles to what runs already, so there is nothing to update.', {
        where: same.slice(0, 5).join(', '),
        hint: 'Check that the change alters code and not only comments, names or line breaks.',
      });
    }
    this.#onProgress({ stage: 'compare' });
    const began = performance.now();
    let compared = began;
    const made = createUpdate({
      id,
      kernel: this.#kernel,
      units,
      patch,
      description,
      timestamp: Math.floor(Date.now() / 1000),
      onCompared: () => {
        compared = performance.now();
        this.#onProgress({ stage: 'pack' });
      },
    });
    if (!made.ok) return made;
    this.#timings.push(
      { name: 'diff', milliseconds: compared - began },
      { name: 'create', milliseconds: performance.now() - compared },
    );
    return success({
      id,
      ...made.value,
      patch,
      units: units.map(({ path, milliseconds, cached }) => ({ object: path, milliseconds, cached })),
      same,
      diagnostics,
      timings: this.#timings,
    });
  }

  async #timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.#timings.push({ name, milliseconds: performance.now() - began });
    return result;
  }
}

/** What the compilers did in the time, added up over units. */
function partsOf({ units }: Compiled): Timing[] {
  const sum = (part: 'instantiate' | 'files' | 'cc1' | 'as') =>
    units.reduce((total, { timings }) => total + (timings?.[part] ?? 0), 0);
  return (['instantiate', 'files', 'cc1', 'as'] as const).map((name) => ({ name, milliseconds: sum(name) }));
}
