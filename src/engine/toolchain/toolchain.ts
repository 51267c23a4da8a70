import { failure, success, type Result } from '../failure.ts';
import { applyPatch, type AppliedPatch } from '../patch/apply.ts';
import { parsePatch } from '../patch/parse.ts';
import type { PatchFailure } from '../patch/patch-failure.ts';
import type { FileChange } from '../patch/tree.ts';
import { ChangedTree } from './changed-tree.ts';
import { compileUnit, preObject, type Workshop } from './compile-unit.ts';
import { CompileRun, type CompileOptions, type RunResult } from './compile-run.ts';
import type { Compiler, CompilerModules } from './compiler.ts';
import { compileFailure, type CompileResult } from './diagnostic.ts';
import { Estimate } from './estimate.ts';
import { CANCELLED, GccPool, type GccPort } from './gcc-pool.ts';
import { checkGenerated } from './generated-check.ts';
import { ObjectCache, type BlobStore } from './object-cache.ts';
import { planWork, refusePath, type Plan, type PlannedUnit, type WorkPlan } from './plan.ts';
import type { OnLoad, SourceTree } from './source-tree.ts';
import type { JobTimings } from './unit-job.ts';
import type { UnitIndex } from './units.ts';

export type { CompileProgress } from './compile-run.ts';

export interface ToolchainOptions {
  readonly sources: SourceTree;
  readonly objects: SourceTree;
  readonly units: UnitIndex;
  readonly compiler: Compiler;
  /** Starts a compiler in a thread of its own. */
  readonly spawn: (modules: CompilerModules) => Promise<Result<GccPort>>;
  /** How many compilers may work side by side. */
  readonly compilers: number;
  /** Where results are kept; without one, nothing is. */
  readonly store?: BlobStore;
}

/** A change, compiled. */
export interface Compiled extends RunResult {
  /** Changed files that this kernel is not built from. */
  readonly ignored: readonly string[];
  readonly milliseconds: number;
}

/** What a compile of an unchanged unit gave. */
export interface Warmth {
  readonly unit: string;
  /** The object is the pack's byte for byte: what is compiled here is what runs. */
  readonly identical: boolean;
  readonly milliseconds: number;
  readonly timings: JobTimings | undefined;
}

/** What a generated file costs to make anew, as `unitCost` counts: no more than a unit of middling size. */
const CHECK_COST = 700;

/** A kernel's sources and its compiler: from a patch or an edit to the objects that it changes. */
export class Toolchain {
  readonly sources: SourceTree;
  readonly objects: SourceTree;
  readonly units: UnitIndex;
  readonly compiler: Compiler;
  readonly #options: ToolchainOptions;
  readonly #cache: ObjectCache | undefined;
  readonly #estimate = new Estimate();
  #pool: GccPool | undefined;
  #closing = new AbortController();

  constructor(options: ToolchainOptions) {
    const { sources, objects, units, compiler, store } = options;
    this.sources = sources;
    this.objects = objects;
    this.units = units;
    this.compiler = compiler;
    this.#options = options;
    this.#cache = store && new ObjectCache(store, `${compiler.identity} ${sources.identity}`);
  }

  /** A file of the kernel as text. */
  async readFile(path: string): Promise<Result<string>> {
    const bytes = await this.sources.read(path);
    return bytes.ok ? success(new TextDecoder().decode(bytes.value)) : bytes;
  }

  /** Applies a patch to the kernel's sources. Refuses also what it does to files that this kernel keeps no source of: Makefiles, Kconfig. */
  async applyPatch(input: Uint8Array | string): Promise<Result<AppliedPatch> | PatchFailure> {
    const patch = parsePatch(input);
    if (!patch.ok) return patch;
    return applyPatch(patch.value, async (path) =>
      this.sources.has(path) ? this.readFile(path) : (refusePath(path) ?? success(undefined)),
    );
  }

  /** What compiling the changes takes, or why they are refused (see `planWork`). */
  async plan(changes: readonly FileChange[]): Promise<Result<Plan>> {
    const work = await this.#work(changes);
    if (!work.ok) return work;
    const { units, checks, ignored } = work.value;
    return success({
      units: units.map(({ object, source, cost }): PlannedUnit => ({ object, source, cost })),
      seconds: this.#seconds([...units, ...checks.map(() => ({ cost: CHECK_COST }))]),
      checks: checks.map((check) => check.output),
      ignored,
    });
  }

  /**
   * Compiles every unit that the changes concern. Objects that come out as they run are dropped at once. Ends with the first unit that does not
   * compile; others whose own source was changed are still tried, so that one try shows the mistakes of all edited files.
   */
  async compile(changes: readonly FileChange[], options: CompileOptions = {}): Promise<CompileResult<Compiled>> {
    const began = performance.now();
    const signal = this.#until(options.signal);
    const work = await this.#work(changes);
    if (!work.ok) return compileFailure(work);
    const shop = await this.#shop(options.onLoad);
    if (!shop.ok) return compileFailure(shop);
    if (signal.aborted) return compileFailure(CANCELLED);
    const { units, checks } = work.value;
    const [check] = checks;
    if (check) {
      const secondsLeft = this.#seconds([...units, ...checks.map(() => ({ cost: CHECK_COST }))]);
      options.onProgress?.({ unit: check.output, state: 'compiling', done: 0, total: units.length, secondsLeft });
    }
    const checked = await checkGenerated(shop.value, work.value, signal);
    if (!checked.ok) return checked;
    const compiled = await new CompileRun(shop.value, work.value, { ...options, signal }, this.#estimate).finish();
    if (!compiled.ok) return compiled;
    return success({ ...compiled.value, ignored: work.value.ignored, milliseconds: performance.now() - began });
  }

  /**
   * Compiles the unit of a file unchanged, so that the next compile finds everything loaded and the compiler fast, and says whether it gave the object
   * that runs. Of a header: a unit that reads it.
   */
  async warm(path: string, options: Pick<CompileOptions, 'signal' | 'onLoad'> = {}): Promise<CompileResult<Warmth>> {
    const reader = this.units.readers(path)[0];
    const unit = this.units.unitOfSource(path) ?? (reader === undefined ? undefined : this.units.unit(reader));
    if (!unit) return compileFailure(failure('unknown_file', 'No unit of this kernel reads such a file.', { where: path }));
    const signal = this.#until(options.signal);
    const shop = await this.#shop(options.onLoad);
    if (!shop.ok) return compileFailure(shop);
    const tree = new ChangedTree(this.sources, []);
    // What was kept does not warm anything.
    const [made, pre] = await Promise.all([
      compileUnit({ ...shop.value, cache: undefined }, unit, tree, signal),
      preObject(this.objects, unit),
    ]);
    if (!made.ok) return made;
    if (!pre.ok) return compileFailure(pre);
    const { object, milliseconds, timings } = made.value;
    return success({ unit: unit.object, identical: object === undefined, milliseconds, timings });
  }

  /** Ends the compilers. What is under way ends with `cancelled`; the next compile starts new ones. */
  close(): void {
    this.#closing.abort();
    this.#closing = new AbortController();
    this.#pool?.close();
    this.#pool = undefined;
  }

  /** Aborts with the caller's signal, and when all is closed: also what has no compiler yet. */
  #until(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
  }

  /** The changes that are any, on top of the pack, and the units they concern. */
  async #work(changes: readonly FileChange[]): Promise<Result<WorkPlan>> {
    const real: FileChange[] = [];
    for (const change of changes) {
      if (!this.sources.has(change.path)) {
        if (change.text !== null) real.push(change);
        continue;
      }
      const before = await this.readFile(change.path);
      if (!before.ok) return before;
      if (before.value !== change.text) real.push(change);
    }
    return planWork(new ChangedTree(this.sources, real), this.units);
  }

  async #shop(onLoad: OnLoad | undefined): Promise<Result<Workshop>> {
    const modules = await this.compiler.load(onLoad);
    if (!modules.ok) return modules;
    const { spawn, compilers } = this.#options;
    this.#pool ??= new GccPool(() => spawn(modules.value), compilers);
    return success({ pool: this.#pool, objects: this.objects, cache: this.#cache });
  }

  #seconds(units: readonly { readonly cost: number }[]): number {
    return this.#estimate.seconds(
      units.map((unit) => unit.cost),
      this.#options.compilers,
    );
  }
}
