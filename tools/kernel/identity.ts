import { compilerCount, spawnGcc } from '../../src/cli/gcc.ts';
import { failure, success, type Failure, type Result } from '../../src/engine/failure.ts';
import { openToolchain } from '../../src/engine/pipeline/open-toolchain.ts';
import type { KernelPack } from '../../src/engine/pipeline/pack.ts';
import { ChangedTree } from '../../src/engine/toolchain/changed-tree.ts';
import { compileUnit } from '../../src/engine/toolchain/compile-unit.ts';
import type { Compiler } from '../../src/engine/toolchain/compiler.ts';
import { GccPool } from '../../src/engine/toolchain/gcc-pool.ts';
import { checkRecorded } from '../../src/engine/toolchain/generated-check.ts';
import type { Toolchain } from '../../src/engine/toolchain/toolchain.ts';

/** One unit, or one generated file that the compiler can make anew, made by the WebAssembly compiler as the page does it. */
export interface ComparedUnit {
  /** Path of the object or of the generated file. */
  readonly object: string;
  /** One of the units that the kernel was linked from. */
  readonly linked: boolean;
  /** What the kernel was made of, byte for byte. */
  readonly identical: boolean;
  /** Why there is nothing to compare, if there is nothing. */
  readonly problem?: string;
}

export interface CompareOptions {
  /** Which units and generated files; without it, all. */
  readonly only?: readonly string[];
  readonly onUnit?: (unit: ComparedUnit, done: number, total: number) => void;
}

type Job = () => Promise<ComparedUnit>;

/**
 * Makes units and generated files of a pack, from nothing but the files that the pack says they read, and compares with what the pack
 * says they were. Fails if pack or compiler cannot be read; a unit that differs or does not compile is a result.
 */
export async function compareUnits(
  pack: KernelPack,
  compiler: Compiler,
  { only, onUnit }: CompareOptions = {},
): Promise<Result<ComparedUnit[]>> {
  const toolchain = await openToolchain(pack, compiler, { spawn: spawnGcc, compilers: compilerCount() });
  if (!toolchain.ok) return toolchain;
  const modules = await compiler.load();
  if (!modules.ok) return modules;
  const pool = new GccPool(() => spawnGcc(modules.value), compilerCount());
  const all = jobsOf(toolchain.value, pool);
  const unknown = only?.find((name) => !all.has(name));
  if (unknown !== undefined) return failure('unknown_unit', 'The pack has no such unit.', { where: unknown });
  const queue = only ? only.flatMap((name) => all.get(name) ?? []) : [...all.values()];
  const total = queue.length;
  const results: ComparedUnit[] = [];
  const lane = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const result = await job();
      results.push(result);
      onUnit?.(result, results.length, total);
    }
  };
  try {
    await Promise.all(Array.from({ length: pool.size }, lane));
  } finally {
    pool.close();
  }
  return success(results.sort((a, b) => (a.object < b.object ? -1 : 1)));
}

function jobsOf({ units, sources, objects }: Toolchain, pool: GccPool): Map<string, Job> {
  const jobs = new Map<string, Job>();
  const shop = { pool, objects, cache: undefined };
  const tree = new ChangedTree(sources, []);
  for (const object of units.objects) {
    const unit = units.unit(object);
    if (!unit) continue;
    jobs.set(object, async () => {
      const made = await compileUnit(shop, unit, tree);
      return made.ok ? { object, linked: true, identical: made.value.object === undefined } : problem(object, true, made);
    });
  }
  for (const entry of units.generated) {
    if (!entry.check) continue;
    const object = entry.output;
    jobs.set(object, async () => {
      const same = await checkRecorded(shop, entry, tree);
      return same.ok ? { object, linked: false, identical: true } : problem(object, false, same);
    });
  }
  return jobs;
}

function problem(object: string, linked: boolean, { message, found }: Failure): ComparedUnit {
  return { object, linked, identical: false, problem: [message, found].filter(Boolean).join(' ') };
}
