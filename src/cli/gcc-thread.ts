import { parentPort, workerData } from 'node:worker_threads';
import type { CompilerModules } from '../engine/toolchain/compiler.ts';
import as from '../engine/toolchain/emscripten/as.mjs';
import cc1 from '../engine/toolchain/emscripten/cc1.mjs';
import { GccRunner } from '../engine/toolchain/gcc-runner.ts';
import type { UnitJob } from '../engine/toolchain/unit-job.ts';

/* The thread of one compiler: answers each job with its outcome. */

const modules = workerData as CompilerModules;
const runner = new GccRunner({ cc1: { program: cc1, wasm: modules.cc1 }, as: { program: as, wasm: modules.as } });

parentPort?.on('message', (job: UnitJob) => {
  void runner.run(job).then((outcome) => {
    parentPort?.postMessage(outcome, outcome.kind === 'made' ? [outcome.output.buffer as ArrayBuffer] : []);
  });
});
