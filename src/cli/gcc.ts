import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { failure, success, type Result } from '../engine/failure.ts';
import type { CompilerModules } from '../engine/toolchain/compiler.ts';
import type { GccPort } from '../engine/toolchain/gcc-pool.ts';
import type { UnitJob, UnitOutcome } from '../engine/toolchain/unit-job.ts';

/** What a compiler needs for the largest unit of a kernel, with some room. */
const BYTES_PER_COMPILER = 512 * 1024 * 1024;
const MAX_COMPILERS = 8;

/** How many compilers work side by side on this computer. */
export function compilerCount(): number {
  return Math.max(1, Math.min(MAX_COMPILERS, availableParallelism(), Math.floor(totalmem() / 2 / BYTES_PER_COMPILER)));
}

/** Starts a compiler in a thread. */
export async function spawnGcc(modules: CompilerModules): Promise<Result<GccPort>> {
  const worker = new Worker(await threadFile(), { workerData: modules, stdin: false });
  return new Promise((done) => {
    worker.once('online', () => done(success(new GccThread(worker))));
    worker.once('error', (error) => {
      done(failure('compiler_died', 'The thread of the compiler could not be started.', { found: error.message }));
    });
  });
}

class GccThread implements GccPort {
  readonly #worker: Worker;
  #exited = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.once('exit', () => (this.#exited = true));
    // A thread that waits for work keeps no command from ending.
    worker.unref();
  }

  compile(job: UnitJob): Promise<UnitOutcome> {
    const worker = this.#worker;
    // Nothing would be heard of it any more.
    if (this.#exited) return Promise.reject(new Error('it ended between two jobs'));
    worker.ref();
    return new Promise((answer, reject) => {
      const ended = (finish: () => void) => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit).unref();
        finish();
      };
      const onMessage = (outcome: UnitOutcome) => ended(() => answer(outcome));
      const onError = (error: Error) => ended(() => reject(error));
      const onExit = (code: number) => ended(() => reject(new Error(`it ended with ${code}`)));
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage(
        job,
        job.supply.map(([, bytes]) => bytes.buffer),
      );
    });
  }

  close(): void {
    void this.#worker.terminate();
  }
}

interface Bundler {
  bundle(entry: string): Promise<string>;
}

/** A thread begins with a file of its own; it is bundled as the command itself is, when it is first wanted. */
async function threadFile(): Promise<string> {
  const root = process.env['HOTSPLICE_ROOT'] ?? process.cwd();
  const { bundle } = (await import(pathToFileURL(join(root, 'tools/dev/bundle.mjs')).href)) as Bundler;
  return bundle('src/cli/gcc-thread.ts');
}
