import { transfer } from 'comlink';
import { failure, success, type Result } from '../engine/failure.ts';
import type { CompilerModules } from '../engine/toolchain/compiler.ts';
import type { EmscriptenFactory } from '../engine/toolchain/emscripten.ts';
import { GccRunner } from '../engine/toolchain/gcc-runner.ts';
import type { UnitJob, UnitOutcome } from '../engine/toolchain/unit-job.ts';

/** One compiler in its worker. */
export class GccHost {
  #runner: GccRunner | undefined;

  /** Takes the programs, compiled once for all workers, and loads their JavaScript. To be called once, before any `run`. */
  async open(wasm: CompilerModules): Promise<Result<void>> {
    let programs: readonly { readonly default: EmscriptenFactory }[];
    try {
      programs = await Promise.all([
        import('../engine/toolchain/emscripten/cc1.mjs'),
        import('../engine/toolchain/emscripten/as.mjs'),
      ]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return failure('fetch_failed', 'A part of the compiler could not be fetched.', {
        found: error.message,
        hint: 'Look at the connection and try again.',
      });
    }
    const [cc1, as] = programs;
    if (!cc1 || !as) throw new Error('two programs were asked for');
    this.#runner = new GccRunner({ cc1: { program: cc1.default, wasm: wasm.cc1 }, as: { program: as.default, wasm: wasm.as } });
    return success(undefined);
  }

  async run(job: UnitJob): Promise<Result<UnitOutcome>> {
    if (!this.#runner) throw new Error('the compiler was not opened');
    const outcome = await this.#runner.run(job);
    return outcome.kind === 'made' ? transfer(success(outcome), [outcome.output.buffer]) : success(outcome);
  }
}
