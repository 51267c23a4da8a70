import { afterAll, beforeAll, expect, test } from 'vitest';
import { openToolchain, preferPlainCode } from '../../src/cli/toolchain.ts';
import { failure, type Failure, type Result } from '../../src/engine/failure.ts';
import { Guest } from '../../src/engine/guest/guest.ts';
import { TraceReader } from '../../src/engine/guest/trace.ts';
import { GuestCore, type Verdict } from '../../src/engine/pipeline/core.ts';
import type { KernelPack } from '../../src/engine/pipeline/pack.ts';
import { createUpdate } from '../../src/engine/update/create.ts';
import { readUpdate, type Update } from '../../src/engine/update/read.ts';
import { finishLoads, startLoad } from '../node/load.ts';
import { must, openPack, shell } from '../node/support.ts';
import { changed, HOT_FUNCTIONS, said, type HotFunction } from './hot-functions.ts';
import { QemuMachine } from './qemu.ts';

const CYCLES = Number(process.env['HOTSPLICE_CYCLES'] ?? 500);
const PROCESSORS = 4;
/** A function that some thread is in most of the time may be busy in five tries; then the update is tried again. */
const MAX_BUSY = 40;

let pack: KernelPack;
let machine: QemuMachine;
let guest: Guest;
let updates: readonly { readonly hot: HotFunction; readonly update: Update }[];
const crashes: Failure[] = [];

beforeAll(async () => {
  pack = await openPack();
  updates = await makeUpdates();
  const [kernel, initrd] = [must(await pack.file('kernel')), must(await pack.file('initrd'))];
  machine = await QemuMachine.boot({ kernel, initrd, cmdline: pack.manifest.cmdline, memoryMiB: 256, processors: PROCESSORS });
  machine.onCrash((crash) => crashes.push(crash));
  guest = new Guest(machine);
  must(await guest.hello(120_000));
});

afterAll(async () => {
  guest.close();
  await machine.close();
});

/** One update for each hot function, compiled as the page does it. */
async function makeUpdates(): Promise<{ hot: HotFunction; update: Update }[]> {
  preferPlainCode();
  const toolchain = must(await openToolchain(pack, undefined));
  const made: { hot: HotFunction; update: Update }[] = [];
  for (const hot of HOT_FUNCTIONS) {
    const after = changed(must(await toolchain.readFile(hot.path)), hot);
    const compiled = must(await toolchain.compile([{ path: hot.path, text: after }]));
    const { tarball } = must(createUpdate({ id: `hot_${hot.name}`, kernel: pack.manifest, units: compiled.units, timestamp: 0 }));
    made.push({ hot, update: must(readUpdate(tarball)) });
  }
  toolchain.close();
  return made;
}

/** Changes the stage until no thread is in the way. Gives how many tries that took. */
async function insist(core: GuestCore, id: string, stage: 'applied' | 'reversed'): Promise<Result<number>> {
  const trace = new TraceReader();
  for (let busy = 0; busy <= MAX_BUSY; busy++) {
    const verdict: Result<Verdict> = await core.setStage(id, stage, trace, () => undefined);
    if (!verdict.ok) return verdict;
    if (verdict.value.abortCause === 'ok') return { ok: true, value: busy };
    if (verdict.value.abortCause !== 'code_busy') return failure(verdict.value.abortCause, 'The core refused.', { where: id });
  }
  return failure('code_busy', `The function was busy in ${MAX_BUSY} times five tries.`, { where: id });
}

test(`${CYCLES} times apply and undo of hot functions, on ${PROCESSORS} processors under load`, async () => {
  expect(await shell({ guest }, 'nproc')).toBe(`${PROCESSORS}\n`);
  const core = new GuestCore(guest);
  await startLoad({ guest }, PROCESSORS);
  // The terminal's share of the load; nobody reads the second serial line.
  await shell({ guest }, '(while [ ! -e /tmp/load-stop ]; do echo 0123456789 > /dev/ttyS1; done) < /dev/null > /dev/null 2>&1 &');
  const spoke = new Map<string, number>();
  let busy = 0;
  for (let cycle = 0; cycle < CYCLES && crashes.length === 0; cycle++) {
    const entry = updates[cycle % updates.length];
    if (!entry) throw new Error('There is no update.');
    const { hot, update } = entry;
    must(await core.send(update));
    must(await core.load(update));
    await shell({ guest }, 'dmesg -c > /dev/null');
    busy += must(await insist(core, update.id, 'applied'));
    must(await core.unload(update, 'old'));
    const words = said(hot.name);
    const log = await shell({ guest }, `for i in $(seq 50); do dmesg | grep -q "${words}" && break; usleep 20000; done; dmesg`);
    expect(log, `cycle ${cycle}`).toContain(words);
    expect(log).not.toMatch(/BUG|WARNING|Oops|stuck|stall/);
    spoke.set(hot.name, (spoke.get(hot.name) ?? 0) + 1);
    busy += must(await insist(core, update.id, 'reversed'));
    must(await core.unload(update));
  }
  expect(crashes).toEqual([]);
  const loads = await finishLoads({ guest }, PROCESSORS);
  console.log(
    `${CYCLES} cycles on ${PROCESSORS} processors, ${busy} times busy, ${loads.map(({ rounds }) => rounds).join(' + ')} rounds of load; ${[...spoke].map(([name, times]) => `${name} ${times}`).join(', ')}`,
  );
  for (const load of loads) expect(load).toMatchObject({ status: 0, lastLine: expect.stringMatching(/ok$/) as string });
});
