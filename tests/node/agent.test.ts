import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Guest, type GuestMachine } from '../../src/engine/guest/guest.ts';
import type { Machine } from '../../src/engine/machine/machine.ts';
import { must, noise, openGuest } from './support.ts';

let machine: Machine;
let guest: Guest;
let snapshot: Uint8Array;
let agentPid = 0;

beforeAll(async () => {
  ({ machine, guest, snapshot } = await openGuest());
});

afterAll(() => machine.destroy());

beforeEach(async () => {
  must(await machine.restore(snapshot));
  machine.run();
  ({ agentPid } = must(await guest.hello()));
});

async function run(command: string, user: 'root' | 'student' = 'root') {
  return must(await guest.exec({ command, user, timeoutMs: 60_000 }));
}

describe('commands', () => {
  test('status, both streams, user and environment', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({ status: 3, stdout: 'out\n', stderr: 'err\n' });
    expect((await run('id -un; id -u; pwd; echo $HOME')).stdout).toBe('root\n0\n/root\n/root\n');
    expect((await run('id -un; id -u; id -G; pwd', 'student')).stdout).toBe('student\n1000\n1000\n/home/student\n');
    expect((await run('kill -KILL $$')).status).toBe(128 + 9);
    expect((await run('no-such-command')).status).toBe(127);
  });

  test('the student has no way to root', async () => {
    expect((await run('grep ^Uid /proc/self/status', 'student')).stdout).toBe('Uid:\t1000\t1000\t1000\t1000\n');
    expect(await run('su -c id </dev/null', 'student')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('incorrect password') as string,
    });
    expect((await run('echo x >> /etc/passwd', 'student')).status).not.toBe(0);
  });

  test('standard input of any size', async () => {
    const stdin = noise(300_000);
    expect(must(await guest.exec({ command: 'cat > /tmp/in; wc -c < /tmp/in', stdin })).stdout.trim()).toBe('300000');
    expect(must(await guest.readFile('/tmp/in'))).toEqual(stdin);
    expect(must(await guest.exec({ command: 'cat', stdin: 'grüße\n' })).stdout).toBe('grüße\n');
  });

  test('output arrives while the command runs', async () => {
    const seen: string[] = [];
    let goOn: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (goOn = resolve));
    const running = guest.exec({
      command: 'echo one; until [ -e /tmp/go ]; do sleep 0.05; done; echo two >&2',
      timeoutMs: 20_000,
      onOutput: (stream, bytes) => {
        seen.push(`${stream}: ${new TextDecoder().decode(bytes)}`);
        goOn();
      },
    });
    await first;
    expect(seen).toEqual(['stdout: one\n']);
    must(await guest.writeFile('/tmp/go', new Uint8Array()));
    must(await running);
    expect(seen).toEqual(['stdout: one\n', 'stderr: two\n']);
  });

  test('a timeout kills the whole process group', async () => {
    const result = await guest.exec({ command: 'echo begun; sleep 1000 & sleep 1000', timeoutMs: 500 });
    expect(result).toMatchObject({ ok: false, code: 'timeout', found: expect.stringContaining('begun') as string });
    expect((await run('ps | grep -c "[s]leep 1000"')).stdout).toBe('0\n');
  });

  test('cancelling kills the whole process group', async () => {
    const abort = new AbortController();
    const running = guest.exec({
      command: 'sleep 1000 & echo $!; sleep 1000',
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(await running).toMatchObject({ ok: false, code: 'cancelled' });
    expect((await run('ps | grep -c "[s]leep 1000"')).stdout).toBe('0\n');
    expect(await guest.exec({ command: 'true', signal: abort.signal })).toMatchObject({ ok: false, code: 'cancelled' });
  });

  test('something left in the background does not hold the command', async () => {
    expect((await run('sleep 1000 & echo done')).stdout).toBe('done\n');
    expect((await run('ps | grep -c "[s]leep 1000"')).stdout).toBe('1\n');
  });

  test('large output, complete and in order; too much is a failure', async () => {
    const { stdout } = await run('yes 0123456789abcdef | head -c 1700000 | cat -n');
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(100_001);
    expect(lines.slice(0, -1).every((line, i) => line === `${String(i + 1).padStart(6)}\t0123456789abcdef`)).toBe(true);
    expect(await guest.exec({ command: 'yes', maxOutput: 200_000 })).toMatchObject({ ok: false, code: 'too_much_output' });
    expect((await run('ps | grep -c "[y]es"')).stdout).toBe('0\n');
  });

  test('a flood on one channel does not hold up another', async () => {
    const abort = new AbortController();
    let flooded = 0;
    const flood = guest.exec({
      command: 'yes',
      signal: abort.signal,
      maxOutput: Infinity,
      onOutput: (_, bytes) => (flooded += bytes.length),
    });
    while (flooded < 200_000) await new Promise((next) => setTimeout(next, 10));
    for (let i = 0; i < 5; i++) expect((await run(`echo ${i}`)).stdout).toBe(`${i}\n`);
    abort.abort();
    expect(await flood).toMatchObject({ code: 'cancelled' });
  });

  test('more at once than the agent has channels', async () => {
    const runs = await Promise.all(Array.from({ length: 60 }, (_, i) => run(`echo ${i}`)));
    expect(runs.map(({ stdout }) => stdout)).toEqual(runs.map((_, i) => `${i}\n`));
  });

  test('bad requests are refused by name', async () => {
    expect(await guest.exec({ command: 'x'.repeat(70_000) })).toMatchObject({ ok: false, code: 'bad_command' });
    expect(await guest.exec({ command: 'a\0b' })).toMatchObject({ ok: false, code: 'bad_command' });
    expect(await guest.readFile('relative')).toMatchObject({ ok: false, code: 'bad_path', where: 'relative' });
    expect(await guest.readFile('/no/such')).toMatchObject({
      ok: false,
      code: 'guest_error',
      where: '/no/such',
      found: expect.stringContaining('ENOENT') as string,
    });
    expect(await guest.writeFile('/proc/nothing', new Uint8Array(1))).toMatchObject({ ok: false, code: 'guest_error' });
  });
});

describe('files', () => {
  test('a megabyte there and back, with mode and without a trace of the temporary file', async () => {
    const bytes = noise(1 << 20);
    must(await guest.writeFile('/tmp/deep/er/file', bytes, 0o4751));
    expect(must(await guest.readFile('/tmp/deep/er/file'))).toEqual(bytes);
    expect((await run('stat -c %a:%s /tmp/deep/er/file; ls -A /tmp/deep/er')).stdout).toBe('4751:1048576\nfile\n');
    expect(must(await guest.readFile('/tmp/deep/er/file', { offset: 1_000_000, max: 10_000 }))).toEqual(
      bytes.slice(1_000_000, 1_010_000),
    );
    expect(must(await guest.readFile('/tmp/deep/er/file', { offset: 1 << 20 }))).toEqual(new Uint8Array());
    must(await guest.removeFile('/tmp/deep/er/file'));
    expect(await guest.removeFile('/tmp/deep/er/file')).toMatchObject({ ok: false, code: 'guest_error' });
  });

  test('what does not fit is refused, and nothing is left', async () => {
    await run('mount -o remount,size=1m /tmp');
    expect(await guest.writeFile('/tmp/big', noise(1_100_000))).toMatchObject({
      ok: false,
      code: 'guest_error',
      found: expect.stringContaining('ENOSPC') as string,
    });
    expect((await run('ls -A /tmp')).stdout).toBe('');
  });

  test('files of the kernel, which have no size', async () => {
    expect(new TextDecoder().decode(must(await guest.readFile('/proc/version')))).toContain('hotsplice');
    expect(new TextDecoder().decode(must(await guest.readFile('/sys/kernel/uevent_seqnum')))).toMatch(/^\d+\n$/);
  });

  test('a file is followed while it grows, from before it exists', async () => {
    let text = '';
    const tail = guest.tail('/tmp/log', 2, (bytes) => (text += new TextDecoder().decode(bytes)));
    await run('printf ab > /tmp/log; for i in 1 2 3 4 5; do echo $i >> /tmp/log; sleep 0.05; done');
    must(await tail.stop());
    expect(text).toBe('1\n2\n3\n4\n5\n');
  });
});

describe('a console that loses', () => {
  /** The real console, but every so often a chunk disappears, or one byte of it is wrong, in both directions. */
  function lossy(loss: number): { machine: GuestMachine; lost: () => number } {
    let x = 12345;
    let lost = 0;
    const chance = () => {
      x = (Math.imul(x, 1103515245) + 12345) >>> 0;
      return x / 2 ** 32;
    };
    const spoil = (bytes: Uint8Array): Uint8Array | undefined => {
      const dice = chance();
      if (dice >= loss) return bytes;
      lost++;
      if (dice < loss / 2) return undefined;
      const wrong = bytes.slice();
      const at = Math.floor(chance() * wrong.length);
      wrong[at] = (wrong[at] ?? 0) ^ 0x10;
      return wrong;
    };
    return {
      lost: () => lost,
      machine: {
        onRestore: (listener) => machine.onRestore(listener),
        onCrash: (listener) => machine.onCrash(listener),
        running: true,
        console: {
          sendChunk(bytes) {
            const left = spoil(bytes);
            return left ? machine.console.sendChunk(left) : true;
          },
          onChunk: (listener) =>
            machine.console.onChunk((bytes) => {
              const left = spoil(bytes);
              if (left) listener(left);
            }),
        },
      },
    };
  }

  test('every byte arrives once, in order', async () => {
    const bad = lossy(0.05);
    const other = new Guest(bad.machine);
    const bytes = noise(150_000, 7);
    must(await other.writeFile('/tmp/file', bytes));
    expect(must(await other.readFile('/tmp/file'))).toEqual(bytes);
    const commands = await Promise.all(
      Array.from({ length: 20 }, (_, i) => other.exec({ command: `echo ${i} >> /tmp/ran; seq ${i} 2000 | tail -n 1000` })),
    );
    for (const command of commands) expect(must(command).stdout.split('\n')).toHaveLength(1001);
    const ran = must(await other.exec({ command: 'sort -n /tmp/ran' })).stdout;
    expect(ran).toBe(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''));
    expect(bad.lost()).toBeGreaterThan(10);
    other.close();
  });

  test('chunks that the guest has no buffer for are not lost', async () => {
    await machine.stop();
    let sent = 0;
    while (machine.console.sendChunk(noise(4096, sent + 1))) sent++;
    expect(sent).toBeGreaterThanOrEqual(8);
    expect(sent).toBeLessThanOrEqual(16);
    const running = Array.from({ length: 10 }, (_, i) => guest.exec({ command: `echo ${i}` }));
    await new Promise((next) => setTimeout(next, 300));
    machine.run();
    expect((await Promise.all(running)).map((result) => must(result).stdout)).toEqual(running.map((_, i) => `${i}\n`));
  });

  test('half a frame does not swallow the next', async () => {
    const half = new Uint8Array(40);
    half.set(new TextEncoder().encode('HSP>'));
    half[21] = 0x0f;
    expect(machine.console.sendChunk(half)).toBe(true);
    const began = performance.now();
    must(await guest.ping());
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('sessions', () => {
  test('a command right after a restore', async () => {
    for (let i = 0; i < 5; i++) {
      must(await machine.restore(snapshot));
      expect((await run(`echo ${i}`)).stdout).toBe(`${i}\n`);
    }
  });

  test('a state saved in the middle of traffic', async () => {
    const flood = guest.exec({ command: 'yes', maxOutput: Infinity });
    await new Promise((next) => setTimeout(next, 300));
    const state = must(machine.saveState());
    must(await machine.restore(state));
    expect(await flood).toMatchObject({ ok: false, code: 'guest_restored' });
    expect((await run('echo again')).stdout).toBe('again\n');
    expect((await run('ps | grep -c "[y]es"')).stdout).toBe('0\n');
  });

  test('an agent that dies is replaced', async () => {
    const long = guest.exec({ command: 'sleep 1000' });
    must(await guest.ping());
    void guest.exec({ command: `kill -KILL ${agentPid}` });
    expect(await long).toMatchObject({ ok: false, code: 'agent_restarted' });
    expect((await run('echo again')).stdout).toBe('again\n');
    expect(must(await guest.hello()).agentPid).not.toBe(agentPid);
  });

  test('the guest’s clock is the host’s after a restore', async () => {
    const seconds = Number((await run('date +%s')).stdout);
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(5);
  });
});
