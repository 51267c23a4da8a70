import { compilerCount } from '../../src/cli/gcc.ts';
import { openToolchain } from '../../src/cli/toolchain.ts';
import { must, openPack } from './support.ts';

/** One compile of an unchanged unit, in milliseconds. */
export interface UnitTime {
  readonly source: string;
  /** Which compile of this source, from 1; the very first of all has a cold compiler. */
  readonly run: number;
  readonly identical: boolean;
  readonly total: number;
  readonly files: number;
  readonly instantiate: number;
  readonly cc1: number;
  readonly as: number;
  /** Memory of this process and its threads, in MB. */
  readonly memory: number;
}

export interface UnitTimes {
  readonly open: number;
  readonly loadCompiler: number;
  readonly compilers: number;
  readonly units: readonly UnitTime[];
}

/** Compiles units as they are, one after the other, each `runs` times, with one compiler. */
export async function unitTimes(sources: readonly string[], runs: number, onUnit: (time: UnitTime) => void): Promise<UnitTimes> {
  const pack = await openPack();
  const began = performance.now();
  const toolchain = must(await openToolchain(pack, 1));
  const opened = performance.now();
  must(await toolchain.compiler.load());
  const loaded = performance.now();
  const units: UnitTime[] = [];
  for (const source of sources) {
    for (let run = 1; run <= runs; run += 1) {
      const { identical, milliseconds, timings } = must(await toolchain.warm(source));
      if (!timings) throw new Error(`${source} was not compiled.`);
      const time = { source, run, identical, total: milliseconds, ...timings, memory: process.memoryUsage().rss / 1e6 };
      units.push(time);
      onUnit(time);
    }
  }
  toolchain.close();
  return { open: opened - began, loadCompiler: loaded - opened, compilers: compilerCount(), units };
}
