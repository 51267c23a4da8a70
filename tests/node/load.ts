import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { must, shell } from './support.ts';

const PROGRAM = '/tmp/load';
const STOP = '/tmp/load-stop';
const LOG = '/tmp/load-log';

/** Starts the program that forks, pipes and writes files without end and checks every byte (tests/guest/load.c). */
export async function startLoad(session: Session): Promise<void> {
  must(await session.guest.writeFile(PROGRAM, new Uint8Array(readFileSync(join(ROOT, 'tests/guest/bin/load'))), 0o755));
  await shell(
    session,
    `rm -f ${STOP}; (${PROGRAM} 0 ${STOP} > ${LOG} 2>&1; echo "status=$?" >> ${LOG}) < /dev/null > /dev/null 2>&1 &`,
  );
}

/** Ends it, and says how it fared. */
export async function finishLoad(session: Session): Promise<{ status: number; rounds: number; lastLine: string }> {
  const log = await shell(
    session,
    `touch ${STOP}; for i in $(seq 300); do grep -q ^status= ${LOG} && break; sleep 0.1; done; tail -n 2 ${LOG}`,
  );
  const [lastLine = '', status = ''] = log.trimEnd().split('\n');
  return {
    status: Number(/^status=(\d+)$/.exec(status)?.[1] ?? NaN),
    rounds: Number(/rounds=(\d+)/.exec(lastLine)?.[1] ?? NaN),
    lastLine,
  };
}
