import { transfer } from 'comlink';
import { failure, success, type Result } from '../engine/failure.ts';
import type { AppliedPatch } from '../engine/patch/apply.ts';
import type { PatchFailure } from '../engine/patch/patch-failure.ts';
import type { FileChange } from '../engine/patch/tree.ts';
import { sourcePatch } from '../engine/pipeline/compile-patch.ts';
import type { CompileFailure } from '../engine/toolchain/diagnostic.ts';
import { CANCELLED } from '../engine/toolchain/gcc-pool.ts';
import type { Plan } from '../engine/toolchain/plan.ts';
import type { Toolchain, Warmth } from '../engine/toolchain/toolchain.ts';
import { buildChange } from './change-build.ts';
import { openPlaces, type OpenedToolchain, type ToolchainPlaces } from './toolchain-open.ts';
import type { BuildOptions, BuildProgress, BuiltChange, Hit, LoadProgress, ToolchainInfo } from './toolchain-types.ts';

export type { ToolchainPlaces };

/** V8 replaces quickly made machine code by good one while it runs. kernel/sys.c in Node, CPU seconds: 8, 3, 2, 2, 1.5. */
const TRIALS = 3;
/** The person reads the file first; what they look at is drawn before the compiler takes a core. */
const IDLE_MS = 300;

const BUSY = failure('busy', 'A build is under way.', { hint: 'Wait for it, or cancel it.' });

/** The toolchain for a page: its sources, its search, its builds. `open` comes first. */
export class ToolchainHost {
  #opened: OpenedToolchain | undefined;
  #build: { readonly stop: AbortController; readonly end: Promise<unknown> } | undefined;
  #trial: AbortController | undefined;

  async open(places: ToolchainPlaces, onProgress: (progress: LoadProgress) => void): Promise<Result<ToolchainInfo>> {
    const opened = await openPlaces(places, (received, total) => onProgress({ step: 'indexes', received, total }));
    if (!opened.ok) return opened;
    this.#opened = opened.value;
    const { toolchain, pack, functions, compilers } = opened.value;
    return success({
      kernel: pack.manifest.id,
      compiler: toolchain.compiler.version,
      files: toolchain.sources.paths.length,
      functions,
      units: toolchain.units.objects.length,
      workers: compilers,
      notes: opened.value.notes(),
    });
  }

  search(query: string, limit: number): readonly Hit[] {
    return this.#parts().search.search(query, limit);
  }

  read(path: string): Promise<Result<string>> {
    return this.#toolchain().readFile(path);
  }

  applyPatch(patch: string | Uint8Array): Promise<Result<AppliedPatch> | PatchFailure> {
    return this.#toolchain().applyPatch(patch);
  }

  plan(changes: readonly FileChange[]): Promise<Result<Plan>> {
    return this.#toolchain().plan(changes);
  }

  /** The changes as a patch against the pack's sources. */
  diff(changes: readonly FileChange[]): Promise<Result<string>> {
    return sourcePatch(this.#toolchain(), changes);
  }

  /** Compiles the unit of a file as it is, once everything for it has come. A trial under way is ended. */
  async warm(path: string, onProgress: (progress: LoadProgress) => void): Promise<Result<Warmth> | CompileFailure> {
    this.#trial?.abort();
    const stop = new AbortController();
    this.#trial = stop;
    const toolchain = this.#toolchain();
    const unit = toolchain.units.unitOfSource(path) ?? toolchain.units.unit(toolchain.units.readers(path)[0] ?? '');
    const [modules, read] = await Promise.all([
      toolchain.compiler.load((received, total) => onProgress({ step: 'compiler', received, total })),
      toolchain.sources.readMany(unit?.deps ?? [], (received, total) => onProgress({ step: 'sources', received, total })),
    ]);
    if (!modules.ok) return modules;
    if (!read.ok) return read;
    await new Promise((go) => setTimeout(go, IDLE_MS));
    if (stop.signal.aborted) return CANCELLED;
    const onTrial = (done: number) => onProgress({ step: 'trial', received: done, total: TRIALS });
    onTrial(0);
    const warmth = await toolchain.warm(path, { signal: stop.signal });
    if (warmth.ok) void this.#warmOn(path, stop.signal, onTrial);
    return warmth;
  }

  /** The answer is there after one trial; the compiler's own code is at its fastest after some more. */
  async #warmOn(path: string, signal: AbortSignal, onTrial: (done: number) => void): Promise<void> {
    for (let done = 1; done < TRIALS; done++) {
      onTrial(done);
      const warmth = await this.#toolchain().warm(path, { signal });
      if (!warmth.ok) return;
    }
    onTrial(TRIALS);
  }

  /** From changes to an update. A second build is refused with `busy`, unless the first has been cancelled. */
  async build(
    changes: readonly FileChange[],
    options: BuildOptions,
    onProgress: (progress: BuildProgress) => void,
  ): Promise<Result<BuiltChange> | CompileFailure> {
    if (this.#build && !this.#build.stop.signal.aborted) return BUSY;
    const before = this.#build?.end;
    const stop = new AbortController();
    const work = (async () => {
      await before;
      if (stop.signal.aborted) return CANCELLED;
      const { toolchain, pack } = this.#parts();
      // Somebody waits for the build; what the trial has warmed so far stays warm.
      this.#trial?.abort();
      return buildChange(toolchain, pack, changes, options, stop.signal, onProgress);
    })();
    const build = { stop, end: work.catch(() => undefined) };
    this.#build = build;
    const built = await work.finally(() => {
      if (this.#build === build) this.#build = undefined;
    });
    if (!built.ok) return built;
    return transfer(success({ ...built.value, notes: this.#parts().notes() }), [built.value.tarball.buffer]);
  }

  /** Ends a build and a trial; their compilers end at once. */
  cancel(): void {
    this.#build?.stop.abort();
    this.#trial?.abort();
  }

  #toolchain(): Toolchain {
    return this.#parts().toolchain;
  }

  #parts(): OpenedToolchain {
    if (!this.#opened) throw new Error('the toolchain was not opened');
    return this.#opened;
  }
}
