import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest } from '../../src/engine/guest/guest.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { must, shell } from './support.ts';

const PROGRAM = '/tmp/load';
const STOP = '/tmp/load-stop';
const LOG = '/tmp/load-log';

/** Whoever has a guest: a session, or a machine that has none. */
interface HasGuest {
  readonly guest: Guest;
}

/** How one copy of the program fared. */
export interface LoadResult {
  readonly status: number;
  readonly rounds: number;
  readonly lastLine: string;
}

/** Starts copies of the program that forks, pipes and writes files without end and checks every byte (tests/guest/load.c). */
export async function startLoad(machine: HasGuest, copies = 1): Promise<void> {
  must(await machine.guest.writeFile(PROGRAM, new Uint8Array(readFileSync(join(ROOT, 'tests/guest/bin/load'))), 0o755));
  await shell(machine, `rm -f ${STOP}`);
  for (let copy = 0; copy < copies; copy++) {
    const log = `${LOG}-${copy}`;
    await shell(machine, `(${PROGRAM} 0 ${STOP} > ${log} 2>&1; echo "status=$?" >> ${log}) < /dev/null > /dev/null 2>&1 &`);
  }
}

/** Ends all of them, and says how each fared. */
export async function finishLoads(machine: HasGuest, copies: number): Promise<LoadResult[]> {
  await shell(machine, `touch ${STOP}`);
  const results: LoadResult[] = [];
  for (let copy = 0; copy < copies; copy++) {
    const log = `${LOG}-${copy}`;
    const text = await shell(
      machine,
      `for i in $(seq 300); do grep -q ^status= ${log} && break; sleep 0.1; done; tail -n 2 ${log}`,
    );
    const [lastLine = '', status = ''] = text.trimEnd().split('\n');
    results.push({
      status: Number(/^status=(\d+)$/.exec(status)?.[1] ?? NaN),
      rounds: Number(/rounds=(\d+)/.exec(lastLine)?.[1] ?? NaN),
      lastLine,
    });
  }
  return results;
}

/** The same for one copy. */
export async function finishLoad(machine: HasGuest): Promise<LoadResult> {
  const [result] = await finishLoads(machine, 1);
  if (!result) throw new Error('There was no load.');
  return result;
}
