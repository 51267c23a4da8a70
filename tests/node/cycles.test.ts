import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { kernelText } from './kernel-text.ts';
import { finishLoad, startLoad } from './load.ts';
import { lessonNumber, lessonUpdate, must, openSession, shell } from './support.ts';

/** `npm run test:cycles` sets 200. */
const CYCLES = Number(process.env['HOTSPLICE_CYCLES'] ?? 12);
/** Caches of the guest fill during the first cycles. */
const WARM_UP = Math.max(3, Math.trunc(CYCLES / 10));
/** What the guest's own memory use moves by from one look to the next while the load runs. */
const NOISE_KIB = 512;

let session: Session;

beforeAll(async () => {
  session = await openSession();
});

afterAll(() => session.close());

/** Unreclaimable slab and vmalloc, in KiB: what an update that is not given back would stay in. */
async function kernelMemory(): Promise<number> {
  const text = await shell(session, 'sync; echo 3 > /proc/sys/vm/drop_caches; cat /proc/meminfo');
  const field = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? NaN);
  const used = field('SUnreclaim') + field('VmallocUsed');
  expect(used).toBeGreaterThan(0);
  return used;
}

test(
  `${CYCLES} times apply and undo of lesson 2 under load: no growth, no oops`,
  async () => {
    const { id, tarball } = await lessonUpdate(lessonNumber(2));
    const oopses: string[] = [];
    session.machine.onCrash((crash) => oopses.push(`${crash.code}: ${crash.found ?? ''}`));
    const text = await kernelText(session);
    await startLoad(session);
    let first = NaN;
    let busy = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      if (cycle === WARM_UP) first = await kernelMemory();
      const applied = must(await session.apply(tarball));
      expect(applied.abortCause, `cycle ${cycle}`).toBe('ok');
      busy += applied.tries - 1;
      const undone = must(await session.undo(id));
      expect(undone.abortCause, `cycle ${cycle}`).toBe('ok');
      busy += undone.tries - 1;
    }
    const growth = (await kernelMemory()) - first;
    const load = await finishLoad(session);
    console.log(`${CYCLES} cycles, ${busy} tries that met a busy function, ${load.rounds} rounds of load, ${growth} KiB growth`);
    expect(growth).toBeLessThan(NOISE_KIB);
    expect(load).toMatchObject({ status: 0, lastLine: expect.stringMatching(/ok$/) as string });
    expect(text.differences(await kernelText(session))).toEqual([]);
    expect(oopses).toEqual([]);
  },
  60_000 + CYCLES * 20_000,
);
