import { transfer } from 'comlink';
import { success, type Result } from '../engine/failure.ts';
import type { CompilerModules } from '../engine/toolchain/compiler.ts';
import type { GccPort } from '../engine/toolchain/gcc-pool.ts';
import type { GccHost } from './gcc-host.ts';
import { Spawned } from './spawn.ts';

/** Its script and two programs of 200 KB. */
const OPEN_TIMEOUT_MS = 60_000;

/** Starts a compiler in a worker of its own. */
export async function spawnGcc(modules: CompilerModules): Promise<Result<GccPort>> {
  const worker = new Worker(new URL('./gcc.ts', import.meta.url), { type: 'module', name: 'gcc' });
  const gcc = new Spawned<GccHost>(worker, 'compiler');
  const opened = await gcc.call((remote) => remote.open(modules), OPEN_TIMEOUT_MS);
  if (!opened.ok) {
    gcc.close();
    return opened;
  }
  return success({
    async compile(job) {
      // Copies made for this compiler: they move instead of being copied once more.
      const buffers = job.supply.map(([, bytes]) => bytes.buffer);
      const outcome = await gcc.call((remote) => remote.run(transfer(job, buffers)));
      if (!outcome.ok) throw new Error([outcome.message, outcome.found].filter(Boolean).join(' '));
      return outcome.value;
    },
    close: () => gcc.close(),
  });
}
