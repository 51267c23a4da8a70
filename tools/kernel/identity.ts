import { compilerCount, spawnGcc } from '../../src/cli/gcc.ts';
import { failure, success, type Result } from '../../src/engine/failure.ts';
import { openToolchain } from '../../src/engine/pipeline/open-toolchain.ts';
import type { KernelPack } from '../../src/engine/pipeline/pack.ts';
import { ChangedTree } from '../../src/engine/toolchain/changed-tree.ts';
import { compileUnit } from '../../src/engine/toolchain/compile-unit.ts';
import type { Compiler } from '../../src/engine/toolchain/compiler.ts';
import { GccPool } from '../../src/engine/toolchain/gcc-pool.ts';

/** One unit, compiled by the WebAssembly compiler as the page does it. */
export interface ComparedUnit {
  readonly object: string;
  /** The object that is in the kernel, byte for byte. */
  readonly identical: boolean;
  /** Why there is no object, if there is none. */
  readonly problem?: string;
  readonly milliseconds: number;
}

export interface CompareOptions {
  /** Which units; without it, all. */
  readonly only?: readonly string[];
  readonly onUnit?: (unit: ComparedUnit, done: number, total: number) => void;
}

/**
 * Compiles units of a pack, from nothing but the files that the pack says they read, and compares with the pack's objects.
 * Fails if pack or compiler cannot be read; a unit that differs or does not compile is a result.
 */
export async function compareUnits(
  pack: KernelPack,
  compiler: Compiler,
  { only, onUnit }: CompareOptions = {},
): Promise<Result<ComparedUnit[]>> {
  const toolchain = await openToolchain(pack, compiler, { spawn: spawnGcc, compilers: compilerCount() });
  if (!toolchain.ok) return toolchain;
  const { units, sources, objects } = toolchain.value;
  const modules = await compiler.load();
  if (!modules.ok) return modules;
  const unknown = only?.find((object) => units.unit(object) === undefined);
  if (unknown !== undefined) return failure('unknown_unit', 'The pack has no such unit.', { where: unknown });
  const queue = (only ?? units.objects).flatMap((object) => units.unit(object) ?? []);
  const total = queue.length;
  const pool = new GccPool(() => spawnGcc(modules.value), compilerCount());
  const results: ComparedUnit[] = [];
  const lane = async () => {
    for (let unit = queue.shift(); unit; unit = queue.shift()) {
      const began = performance.now();
      const made = await compileUnit({ pool, objects, cache: undefined }, unit, new ChangedTree(sources, []));
      const milliseconds = Math.round(performance.now() - began);
      const result: ComparedUnit = {
        object: unit.object,
        identical: made.ok && made.value.object === undefined,
        ...(!made.ok && { problem: [made.message, made.found].filter(Boolean).join(' ') }),
        milliseconds,
      };
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
