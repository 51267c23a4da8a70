import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure, type Failure } from '../../src/engine/failure.ts';
import type { GuestMachine } from '../../src/engine/guest/guest.ts';
import { CrashWatch } from '../../src/engine/machine/crash.ts';

const QEMU = 'qemu-system-i386';

export interface QemuOptions {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly cmdline: string;
  readonly memoryMiB: number;
  readonly processors: number;
}

/** A PC with several processors under QEMU, emulated in software: what v86 cannot show. It has no snapshots and counts no instructions. */
export class QemuMachine implements GuestMachine {
  readonly console: GuestMachine['console'];
  /** Everything the kernel and the shell wrote to ttyS0. */
  serial = '';
  readonly #folder: string;
  readonly #server: Server;
  readonly #process: ChildProcess;
  readonly #chunkListeners = new Set<(bytes: Uint8Array) => void>();
  readonly #crashListeners = new Set<(crash: Failure) => void>();
  #socket: Socket | undefined;
  #running = true;

  private constructor(folder: string, server: Server, process: ChildProcess) {
    this.#folder = folder;
    this.#server = server;
    this.#process = process;
    const watch = new CrashWatch(({ kind, text }) =>
      this.#crash(failure(`guest_${kind}`, 'The kernel is in distress.', { found: text })),
    );
    process.stdout?.on('data', (bytes: Buffer) => {
      this.serial += bytes.toString('latin1');
      watch.push(bytes);
    });
    process.stderr?.on('data', (bytes: Buffer) => (this.serial += bytes.toString('latin1')));
    process.on('exit', (status) => {
      this.#running = false;
      this.#crash(failure('guest_halt', `QEMU ended with status ${status ?? 'none'}.`, { found: this.serial.slice(-2000) }));
    });
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('data', (bytes: Buffer) => {
        for (const listener of this.#chunkListeners) listener(bytes);
      });
      socket.on('error', () => (this.#socket = undefined));
    });
    this.console = {
      sendChunk: (bytes) => {
        this.#socket?.write(bytes);
        return this.#socket !== undefined;
      },
      onChunk: (listener) => subscribe(this.#chunkListeners, listener),
    };
  }

  /** Boots a kernel. The caller closes the machine. */
  static async boot({ kernel, initrd, cmdline, memoryMiB, processors }: QemuOptions): Promise<QemuMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-qemu-'));
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('kernel'), kernel);
    writeFileSync(at('initrd'), initrd);
    const server = createServer();
    await new Promise<void>((listening) => server.listen(at('hvc0'), listening));
    // Without ACPI the kernel finds its processors in the BIOS's MP table, which lists the first of each socket only.
    const topology = `${processors},sockets=${processors},cores=1,threads=1`;
    const process = spawn(
      QEMU,
      [
        ...['-machine', 'pc', '-accel', 'tcg,thread=multi', '-smp', topology, '-m', String(memoryMiB)],
        ...['-kernel', at('kernel'), '-initrd', at('initrd'), '-append', cmdline],
        ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio', '-serial', 'null'],
        ...[
          '-chardev',
          `socket,id=hvc0,path=${at('hvc0')}`,
          '-device',
          'virtio-serial-pci',
          '-device',
          'virtconsole,chardev=hvc0',
        ],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    return new QemuMachine(folder, server, process);
  }

  get running(): boolean {
    return this.#running;
  }

  /** There is nothing to restore. */
  onRestore(): () => void {
    return () => undefined;
  }

  onCrash(listener: (crash: Failure) => void): () => void {
    return subscribe(this.#crashListeners, listener);
  }

  async close(): Promise<void> {
    this.#crashListeners.clear();
    const gone = new Promise((done) => this.#process.once('exit', done));
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await gone;
    this.#socket?.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #crash(crash: Failure): void {
    for (const listener of this.#crashListeners) listener(crash);
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
