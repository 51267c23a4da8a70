import { success, type Failure } from '../failure.ts';
import { compileUnit, preObject, type Workshop } from './compile-unit.ts';
import { compileFailure, type CompileFailure, type CompileResult, type Diagnostic } from './diagnostic.ts';
import type { Estimate } from './estimate.ts';
import type { WorkPlan } from './plan.ts';
import type { OnLoad } from './source-tree.ts';
import type { JobTimings } from './unit-job.ts';

/** Where a compile of several units is. */
export interface CompileProgress {
  readonly unit: string;
  readonly state: 'compiling' | 'compiled' | 'same' | 'failed' | 'cached';
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number;
}

export interface CompileOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CompileProgress) => void;
  /** Hears of the compiler being loaded. */
  readonly onLoad?: OnLoad;
}

/** A unit whose object a change alters. */
export interface CompiledUnit {
  /** Object path in the kernel tree. */
  readonly path: string;
  /** The module that it is part of, if it is not the kernel itself. */
  readonly target?: string;
  /** The object that runs. */
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
  readonly milliseconds: number;
  /** Kept from an earlier compile. */
  readonly cached: boolean;
  readonly timings: JobTimings | undefined;
}

/** What the units of a plan gave. */
export interface RunResult {
  /** In the order of the plan. */
  readonly units: readonly CompiledUnit[];
  /** Objects that came out as they run: no part of an update. */
  readonly same: readonly string[];
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

type WorkUnit = WorkPlan['units'][number];

/** One compile of a plan's units on as many compilers as there are. */
export class CompileRun {
  readonly #shop: Workshop;
  readonly #work: WorkPlan;
  readonly #options: CompileOptions;
  readonly #estimate: Estimate;
  readonly #queue: WorkUnit[];
  readonly #open: Set<WorkUnit>;
  readonly #changed = new Map<WorkUnit, CompiledUnit>();
  readonly #same: string[] = [];
  readonly #warnings: Diagnostic[] = [];
  readonly #failures: CompileFailure[] = [];

  constructor(shop: Workshop, work: WorkPlan, options: CompileOptions, estimate: Estimate) {
    this.#shop = shop;
    this.#work = work;
    this.#options = options;
    this.#estimate = estimate;
    this.#queue = [...work.units];
    this.#open = new Set(work.units);
  }

  async finish(): Promise<CompileResult<RunResult>> {
    const lanes = Math.min(this.#shop.pool.size, this.#queue.length);
    await Promise.all(Array.from({ length: lanes }, () => this.#lane()));
    const [first] = this.#failures;
    if (first) return this.#failure(first);
    const units = this.#work.units.flatMap((unit) => this.#changed.get(unit) ?? []);
    return success({ units, same: this.#same.sort(), diagnostics: distinct(this.#warnings) });
  }

  async #lane(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (this.#failures.length > 0 && (!next.edited || this.#failures.some(isFatal))) return;
      this.#tell(next, 'compiling');
      const failed = await this.#compile(next);
      this.#open.delete(next);
      if (!failed) continue;
      this.#failures.push(failed);
      this.#tell(next, 'failed');
    }
  }

  async #compile(work: WorkUnit): Promise<CompileFailure | undefined> {
    const { unit, cost } = work;
    const made = await compileUnit(this.#shop, unit, this.#work.tree, this.#options.signal);
    if (!made.ok) return made;
    const { object, diagnostics, milliseconds, timings } = made.value;
    this.#warnings.push(...diagnostics);
    if (timings) this.#estimate.measured(cost, milliseconds);
    this.#open.delete(work);
    if (!object) {
      this.#same.push(unit.object);
      this.#tell(work, timings ? 'same' : 'cached');
      return undefined;
    }
    const pre = await preObject(this.#shop.objects, unit);
    if (!pre.ok) return compileFailure(pre);
    const cached = timings === undefined;
    this.#changed.set(work, {
      path: unit.object,
      ...(unit.module !== undefined && { target: unit.module }),
      pre: pre.value,
      post: object,
      milliseconds,
      cached,
      timings,
    });
    this.#tell(work, cached ? 'cached' : 'compiled');
    return undefined;
  }

  #tell({ object }: WorkUnit, state: CompileProgress['state']): void {
    const total = this.#work.units.length;
    const secondsLeft = this.#estimate.seconds(
      [...this.#open].map((open) => open.cost),
      this.#shop.pool.size,
    );
    this.#options.onProgress?.({ unit: object, state, done: total - this.#open.size, total, secondsLeft });
  }

  /** The first failure, with what was said of the other units too. */
  #failure(first: CompileFailure): CompileFailure {
    return { ...first, diagnostics: distinct(this.#failures.flatMap((failed) => failed.diagnostics)) };
  }
}

/** After these, other units would not fare better. */
function isFatal({ code }: Failure): boolean {
  return code !== 'compile_error' && code !== 'assembler_error' && code !== 'missing_header';
}

/** Every unit that reads a header says the same of it. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map(
    diagnostics.map((item) => [`${item.path}:${item.line}:${item.column}:${item.severity}:${item.message}`, item] as const),
  );
  return [...seen.values()];
}
