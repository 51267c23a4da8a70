// Boots a kernel pack to its prompt and stores the machine's state: node make-snapshot.mjs PACK_DIR
// Reads bzImage, initrd.gz, bios.bin, vgabios.bin and memoryMiB and cmdline of manifest.json; writes snapshot.zst and prints
// { v86, instructions, size, sha256 } for the manifest. The same input gives the same bytes: the guest is interpreted, and
// its time is made of its instructions. SNAPSHOT_DATE (seconds since 1970) sets the clock it begins with.
import { sleep, useVirtualTime } from './virtual-time.mjs';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importEngine } from './engine.mjs';

const ROOT = join(import.meta.dirname, '../..');
const PROMPT = /hotsplice:~# /;
/** Virtual time for the kernel's threads to finish what the boot left them, and for the page allocator to be told. */
const SETTLE_MS = 5000;
const SHORTEST_MS = 0.01;
const LIMIT_MS = 120_000;
const READY = 2;

function fail(message) {
  console.error(message);
  process.exit(1);
}

const [pack] = process.argv.slice(2);
if (!pack) fail('usage: make-snapshot.mjs PACK_DIR');
const read = (name) => new Uint8Array(readFileSync(join(pack, name)));
const manifest = JSON.parse(readFileSync(join(pack, 'manifest.json'), 'utf8'));

let machine;
useVirtualTime(Number(process.env.SNAPSHOT_DATE ?? 1795392000) * 1000, () => machine?.instructions() ?? 0);
const { Machine } = await importEngine('machine/machine.ts');
const opened = await Machine.open({
  wasm: new Uint8Array(readFileSync(join(ROOT, 'node_modules/v86/build/v86.wasm'))),
  bios: read('bios.bin'),
  vgabios: read('vgabios.bin'),
  kernel: read('bzImage'),
  initrd: read('initrd.gz'),
  memoryMiB: manifest.memoryMiB,
  cmdline: manifest.cmdline,
  translate: false,
});
if (!opened.ok) fail(JSON.stringify(opened));
machine = opened.value;

let console0 = '';
let agent = false;
machine.serial.onOutput((bytes) => (console0 += new TextDecoder().decode(bytes)));
machine.console.onChunk((bytes) => (agent ||= bytes[16] === READY));
machine.onCrash((crash) => fail(`${crash.code}: ${crash.found ?? crash.message}\n${console0}`));

/** Runs the guest until `done` says so. */
async function runUntil(done) {
  for (let steps = 0; !done(); steps++) {
    const wait = machine.step();
    // A timer that is due within a rounding error would otherwise stay due for ever.
    if (machine.idle) sleep(Math.max(wait, SHORTEST_MS));
    // The serial line gathers its bytes with a timer of the host; it needs a turn now and then.
    if (steps % 1000 === 0) await new Promise((turn) => setTimeout(turn, 6));
    if (performance.now() > LIMIT_MS) fail(`not idle at a prompt after ${LIMIT_MS} ms of the guest\n${console0}`);
  }
}

await runUntil(() => agent && PROMPT.test(console0));
const settled = performance.now() + SETTLE_MS;
await runUntil(() => performance.now() > settled && machine.idle);

const raw = join(pack, `snapshot.${process.pid}.raw`);
const packed = join(pack, 'snapshot.zst');
const state = machine.saveState();
if (!state.ok) fail(JSON.stringify(state));
writeFileSync(raw, state.value);
execFileSync('zstd', ['-q', '-f', '--ultra', '-22', '--no-check', raw, '-o', packed]);
rmSync(raw);
const bytes = readFileSync(packed);
const v86 = JSON.parse(readFileSync(join(ROOT, 'node_modules/v86/package.json'), 'utf8')).version;
const sha256 = createHash('sha256').update(bytes).digest('hex');
console.log(JSON.stringify({ v86, instructions: machine.instructions(), size: bytes.length, sha256 }));
process.exit();
