import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wasmBytes } from '../../src/cli/files.ts';
import type { Failure } from '../../src/engine/failure.ts';
import { Guest } from '../../src/engine/guest/guest.ts';
import { KernelSymbols } from '../../src/engine/guest/symbols.ts';
import { KernelText } from '../../src/engine/guest/text.ts';
import { Machine } from '../../src/engine/machine/machine.ts';
import { must, noise, openGuest, openPack } from './support.ts';

let machine: Machine;
let guest: Guest;
let snapshot: Uint8Array;

beforeAll(async () => {
  ({ machine, guest, snapshot } = await openGuest());
});

afterAll(() => machine.destroy());

beforeEach(async () => {
  must(await machine.restore(snapshot));
  machine.run();
  must(await guest.hello());
});

async function run(command: string) {
  return must(await guest.exec({ command, user: 'root', timeoutMs: 60_000 }));
}

describe('the machine', () => {
  test('memory by virtual address: the text of the kernel is what its symbols say', async () => {
    const symbols = must(KernelSymbols.parse(must(await (await openPack()).text('systemMap'))));
    const banner = must(machine.readVirtual(must(symbols.address('linux_banner')), 32));
    expect(new TextDecoder().decode(banner)).toMatch(/^Linux version 6\.1\.170-hotsplice/);
    const before = must(KernelText.read(machine, symbols));
    await run('ls -lR /bin /etc /proc/sys >/dev/null; ps; date');
    const after = must(KernelText.read(machine, symbols));
    expect(before.differences(after)).toEqual([]);
    expect(await after.hash()).toBe(await before.hash());
    expect(machine.readVirtual(0xfffffff0, 16)).toMatchObject({ ok: false, code: 'bad_address' });
    expect(machine.readPhysical(96 * 1024 * 1024 - 1, 2)).toMatchObject({ ok: false, code: 'bad_address' });
  });

  test('a panic is noticed, ends what is under way, and a restore mends it', async () => {
    const crashes: Failure[] = [];
    const unsubscribe = machine.onCrash((crash) => crashes.push(crash));
    const long = guest.exec({ command: 'sleep 1000' });
    await guest.exec({ command: 'echo c > /proc/sysrq-trigger' });
    expect(await long).toMatchObject({ ok: false, code: 'guest_panic' });
    expect(crashes).toHaveLength(1);
    expect(crashes[0]?.found).toMatch(/^Kernel panic - not syncing: sysrq triggered crash\n[^]*---\[ end Kernel panic/);
    must(await machine.restore(snapshot));
    expect((await run('echo alive')).stdout).toBe('alive\n');
    unsubscribe();
  });

  test('a reboot and a shutdown are noticed', async () => {
    for (const [command, code] of [
      ['reboot -f', 'guest_reset'],
      ['poweroff -f', 'guest_halt'],
    ] as const) {
      const result = await guest.exec({ command });
      expect(result).toMatchObject({ ok: false, code });
      expect(await guest.exec({ command: 'true' })).toMatchObject({ ok: false, code });
      must(await machine.restore(snapshot));
      machine.run();
      expect((await run('echo alive')).stdout).toBe('alive\n');
    }
  });

  test('a guest that hangs with interrupts off is given up', async () => {
    // The machine stands for it: it says it runs, and does not.
    const hung = new Guest(
      {
        console: machine.console,
        onRestore: (listener) => machine.onRestore(listener),
        onCrash: (listener) => machine.onCrash(listener),
        running: true,
      },
      200,
    );
    must(await hung.hello());
    await machine.stop();
    const began = performance.now();
    expect(await hung.exec({ command: 'true' })).toMatchObject({ ok: false, code: 'guest_silent' });
    expect(performance.now() - began).toBeGreaterThan(1000);
    hung.close();
  });

  test('closing the machine ends what is under way', async () => {
    const { machine: other, guest: its } = await openGuest();
    const long = its.exec({ command: 'sleep 1000', onOutput: () => undefined });
    must(await its.ping());
    await other.destroy();
    expect(await long).toMatchObject({ ok: false, code: 'machine_closed' });
    expect(await its.exec({ command: 'true' })).toMatchObject({ ok: false, code: 'machine_closed' });
  });

  test('instructions never run backwards', async () => {
    const before = machine.instructions();
    await run('seq 1 10000 >/dev/null');
    const between = machine.instructions();
    must(await machine.restore(snapshot));
    expect(between - before).toBeGreaterThan(1_000_000);
    expect(machine.instructions()).toBeGreaterThanOrEqual(between);
    expect(machine.instructions() - between).toBeLessThan(1_000_000_000);
  });

  test('the shell has a prompt, job control and the size it is told', async () => {
    let text = '';
    const unsubscribe = machine.serial.onOutput((bytes) => (text += new TextDecoder().decode(bytes)));
    const until = async (what: RegExp) => {
      const deadline = Date.now() + 20_000;
      while (!what.test(text)) {
        if (Date.now() > deadline) throw new Error(`waited for ${what}, saw ${JSON.stringify(text)}`);
        await new Promise((next) => setTimeout(next, 20));
      }
      text = '';
    };
    machine.serial.send('\r');
    await until(/hotsplice:~# /);
    must(await guest.resizeTerminal(132, 43));
    machine.serial.send('stty size; tty; echo $TERM\r');
    await until(/43 132\r\n\/dev\/ttyS0\r\nxterm-256color\r\n[^]*# /);
    machine.serial.send('sleep 1000\r');
    await until(/sleep 1000\r\n/);
    await run('until pidof sleep; do sleep 0.05; done');
    machine.serial.send('\x1a');
    await until(/Stopped +sleep 1000[^]*# /);
    machine.serial.send('fg\r');
    await until(/sleep 1000\r\n/);
    machine.serial.send('\x03');
    await until(/\^C\r\nhotsplice:~# /);
    unsubscribe();
  });

  test('a long paste arrives whole', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `${i} ${'x'.repeat(60)}`);
    machine.serial.send(`cat > /tmp/paste\r${lines.join('\r')}\r\x04`);
    await run('until [ "$(tail -n 1 /tmp/paste | cut -c1-3)" = 199 ]; do sleep 0.1; done');
    expect((await run('cat /tmp/paste')).stdout).toBe(`${lines.join('\n')}\n`);
  });
});

describe('bad snapshots', () => {
  test('another memory size, another version, a truncated file, another format', async () => {
    const wasm = await wasmBytes();
    const none = new Uint8Array(0);
    const open = (bytes: Uint8Array, memoryMiB = 96) =>
      Machine.open({ wasm, bios: none, vgabios: none, memoryMiB, snapshot: bytes });
    const state = must(machine.saveState());
    expect(await open(state, 128)).toMatchObject({
      ok: false,
      code: 'bad_snapshot',
      expected: expect.stringContaining('134217728') as string,
    });
    const older = state.slice();
    older[4] = 5;
    expect(await open(older)).toMatchObject({ ok: false, code: 'bad_snapshot', found: '5' });
    expect(await open(state.slice(0, -4))).toMatchObject({ ok: false, code: 'bad_snapshot' });
    expect(await open(snapshot.slice(0, -1000))).toMatchObject({ ok: false, code: 'bad_snapshot' });
    expect(await open(noise(1000))).toMatchObject({ ok: false, code: 'bad_snapshot' });
    expect(await open(none)).toMatchObject({ ok: false, code: 'bad_snapshot' });
  });

  test('no WebAssembly in the file, and more memory than there can be', async () => {
    const none = new Uint8Array(0);
    expect(await Machine.open({ wasm: noise(100), bios: none, vgabios: none, memoryMiB: 96, snapshot })).toMatchObject({
      ok: false,
      code: 'no_wasm',
    });
    expect(await Machine.open({ wasm: await wasmBytes(), bios: none, vgabios: none, memoryMiB: 5000, snapshot })).toMatchObject({
      ok: false,
      code: 'no_memory',
    });
  });
});
