import { failure, success, type Failure, type Result } from '../failure.ts';
import { CrashWatch, type CrashReport } from './crash.ts';
import { readVirtual, type ReadPhysical } from './memory.ts';
import { SerialLine, type SerialPort } from './serial.ts';
import { checkState, restoreRegisters, unpackState } from './snapshot.ts';
import { startEmulator, type Hooks } from './start.ts';
import type { Emulator } from './v86.ts';
import { checkMemory, compileWasm, type WasmSource } from './wasm.ts';

export interface MachineOptions {
  readonly wasm: WasmSource;
  readonly bios: Uint8Array;
  readonly vgabios: Uint8Array;
  readonly memoryMiB: number;
  /** A state as `saveState` gives it, or packed with zstd. Without it the kernel is booted. */
  readonly snapshot?: Uint8Array;
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly cmdline?: string;
  /** False: interpret only. Slower, but with `step` and a clock that is a function of `instructions()` every run is the same. */
  readonly translate?: boolean;
}

/** One edge of a stop window, as the guest core marks it on port 0xe9. */
export interface StopMark {
  readonly mark: 'begin' | 'end';
  /** As `instructions()`. */
  readonly instructions: number;
  /** Host time, as performance.now(). */
  readonly milliseconds: number;
}

/** The virtio console (hvc0). Only the guest client talks here. */
export interface ConsolePort {
  /** Gives the guest one chunk of at most 4096 bytes; false if it has no buffer for it now, and then nothing was sent. */
  sendChunk(bytes: Uint8Array): boolean;
  onChunk(listener: (bytes: Uint8Array) => void): () => void;
}

const STOP_MARK_PORT = 0xe9;
const STOP_BEGIN = 0xb1;
const STOP_END = 0xe1;
const MAX_CHUNK = 4096;

/** A PC with one processor that runs the guest. Everything about time and v86 is behind this class. */
export class Machine {
  readonly serial: SerialPort;
  readonly console: ConsolePort;
  readonly #emulator: Emulator;
  readonly #serial: SerialLine;
  readonly #watch: CrashWatch;
  readonly #chunkListeners = new Set<(bytes: Uint8Array) => void>();
  readonly #markListeners = new Set<(mark: StopMark) => void>();
  readonly #crashListeners = new Set<(crash: Failure) => void>();
  readonly #restoreListeners = new Set<() => void>();
  /** Unpacked states, so that a reset need not unpack again. */
  readonly #unpacked = new WeakMap<Uint8Array, Uint8Array<ArrayBuffer>>();
  #instructions = 0;
  #counter = 0;
  /** Translations that the browser is still compiling. */
  #compiling = 0;
  #dead: Failure | undefined;
  /** The emulator's own last words before it traps. */
  #emulatorSaid = '';

  private constructor(emulator: Emulator, hooks: Hooks) {
    this.#emulator = emulator;
    const { cpu } = emulator.v86;
    this.#serial = new SerialLine(
      () => cpu.devices.uart0.input,
      (byte) => emulator.bus.send('serial0-input', byte),
    );
    this.serial = this.#serial;
    this.#watch = new CrashWatch((crash) => this.#kernelSaid(crash));
    this.#serial.onOutput((bytes) => this.#watch.push(bytes));
    this.console = {
      sendChunk: (bytes) => this.#sendChunk(bytes),
      onChunk: (listener) => subscribe(this.#chunkListeners, listener),
    };
    emulator.add_listener('serial0-output-byte', (byte: number) => this.#serial.output(byte));
    emulator.add_listener('virtio-console0-output-bytes', (bytes: Uint8Array) => {
      for (const listener of this.#chunkListeners) listener(bytes);
    });
    hooks.write = (port, value) => this.#portWrite(port, value);
    hooks.log = (text) => (this.#emulatorSaid = text);
    cpu.test_hook_did_generate_wasm = () => void this.#compiling++;
    cpu.test_hook_did_finalize_wasm = () => void this.#compiling--;
    const loop = cpu.main_loop;
    cpu.main_loop = () => this.#tick(loop);
    cpu.reboot_internal = () => this.#die(failure('guest_reset', 'The guest reset the machine.', { hint: RESET }));
    this.#counter = cpu.instruction_counter[0] ?? 0;
  }

  /** Makes a machine that does not run yet: from a snapshot, or ready to boot a kernel. */
  static async open(options: MachineOptions): Promise<Result<Machine>> {
    const memoryBytes = options.memoryMiB * 1024 * 1024;
    const module = await compileWasm(options.wasm);
    if (!module.ok) return module;
    const memory = checkMemory(memoryBytes);
    if (!memory.ok) return memory;
    const { snapshot, kernel, initrd, cmdline = '' } = options;
    if (!snapshot && !(kernel && initrd)) return failure('no_kernel', 'A machine needs a snapshot, or a kernel and an initrd.');
    const hooks: Hooks = { write: () => undefined, log: () => undefined };
    const emulator = await startEmulator(module.value, hooks, {
      memoryBytes,
      bios: options.bios,
      vgabios: options.vgabios,
      translate: options.translate ?? true,
      ...(!snapshot && kernel && initrd && { kernel: { image: kernel, initrd, cmdline } }),
    });
    if (!emulator.ok) return emulator;
    const machine = new Machine(emulator.value, hooks);
    if (!snapshot) return success(machine);
    const restored = await machine.restore(snapshot);
    if (restored.ok) return success(machine);
    await machine.destroy();
    return restored;
  }

  /** Lets the guest run. */
  run(): void {
    if (!this.#dead) void this.#emulator.run();
  }

  /**
   * Instead of `run`: executes for about a millisecond and returns how many milliseconds the guest wants to sleep then. The
   * caller decides when to go on, so it decides about time.
   */
  step(): number {
    return this.#emulator.v86.cpu.main_loop();
  }

  /** Halts the guest between two instructions; `run` continues. */
  async stop(): Promise<void> {
    if (!this.#emulator.v86.running) return;
    const stopped = this.#emulator.stop();
    this.#emulator.v86.cpu.stop_idling();
    await stopped;
  }

  /** Ends the machine; it is of no use afterwards. Whoever listens for its end is told `machine_closed`. */
  async destroy(): Promise<void> {
    this.#die(failure('machine_closed', 'The machine was closed.'));
    await this.stop();
    this.#serial.reset();
    this.#watch.reset();
    await this.#emulator.destroy();
  }

  get running(): boolean {
    return this.#emulator.v86.running;
  }

  /** True while the guest waits for an interrupt. */
  get idle(): boolean {
    return this.#emulator.v86.cpu.in_hlt[0] === 1;
  }

  /** Instructions the guest has executed in this machine; it never runs backwards, also not when a state is restored. */
  instructions(): number {
    const counter = this.#emulator.v86.cpu.instruction_counter[0] ?? 0;
    this.#instructions += (counter - this.#counter) >>> 0;
    this.#counter = counter;
    return this.#instructions;
  }

  /** A copy of the machine's whole state. It is as large as the guest's memory, so there may be no room for it: `no_memory`. */
  saveState(): Result<Uint8Array<ArrayBuffer>> {
    try {
      return success(new Uint8Array(this.#emulator.v86.save_state()));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const hint = 'Close other tabs or programs and try again.';
      return failure('no_memory', 'There is too little memory to keep a copy of the machine.', { found: error.message, hint });
    }
  }

  /** Goes to a saved state, and runs on from there if it ran before. The state's memory must be of this machine's size. */
  async restore(bytes: Uint8Array): Promise<Result<void>> {
    if (this.#dead?.code === 'machine_closed') return this.#dead;
    const { cpu } = this.#emulator.v86;
    const state = this.#unpack(bytes);
    if (!state.ok) return state;
    const ran = this.#emulator.v86.running;
    await this.stop();
    // A translation of the old memory that arrived later would be taken for one of the new.
    for (let i = 0; this.#compiling > 0 && i < COMPILE_LIMIT_MS; i++) await new Promise((next) => setTimeout(next, 1));
    this.#compiling = 0;
    this.instructions();
    try {
      restoreRegisters(cpu, () => this.#emulator.v86.restore_state(state.value.buffer));
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      this.#dead = failure('bad_snapshot', 'The snapshot cannot be restored.', { found, hint: 'Rebuild the kernel pack.' });
      return this.#dead;
    }
    this.#counter = cpu.instruction_counter[0] ?? 0;
    this.#serial.reset();
    this.#watch.reset();
    this.#dead = undefined;
    for (const listener of this.#restoreListeners) listener();
    if (ran) this.run();
    return success(undefined);
  }

  /** A copy of physical memory. */
  readPhysical(address: number, length: number): Result<Uint8Array> {
    const bytes = this.#physical(address, length);
    if (bytes) return success(bytes.slice());
    return failure('bad_address', 'There is no such physical memory in the guest.', {
      where: `0x${address.toString(16)}`,
      found: `${length} bytes`,
    });
  }

  /** A copy of memory as the kernel sees it; a page that is not mapped is a failure. */
  readVirtual(address: number, length: number): Result<Uint8Array> {
    const { cr } = this.#emulator.v86.cpu;
    return readVirtual(address, length, { cr0: cr[0] ?? 0, cr3: cr[3] ?? 0, cr4: cr[4] ?? 0 }, this.#physical);
  }

  onStopMark(listener: (mark: StopMark) => void): () => void {
    return subscribe(this.#markListeners, listener);
  }

  /**
   * The guest's kernel reported an oops (`guest_oops`), or the machine does not go on: `guest_panic`, `guest_halt`,
   * `guest_reset`, `emulator_crash`, `machine_closed`. `found` is what the kernel said.
   */
  onCrash(listener: (crash: Failure) => void): () => void {
    return subscribe(this.#crashListeners, listener);
  }

  /** A state was restored: whatever was under way with the guest is gone. */
  onRestore(listener: () => void): () => void {
    return subscribe(this.#restoreListeners, listener);
  }

  #unpack(bytes: Uint8Array): Result<Uint8Array<ArrayBuffer>> {
    const known = this.#unpacked.get(bytes);
    if (known) return success(known);
    const { cpu } = this.#emulator.v86;
    const state = unpackState(bytes, cpu);
    if (!state.ok) return state;
    const checked = checkState(state.value, cpu.memory_size[0] ?? 0);
    if (!checked.ok) return checked;
    if (state.value.length !== bytes.length) this.#unpacked.set(bytes, state.value);
    return state;
  }

  readonly #physical: ReadPhysical = (address, length) => {
    const size = this.#emulator.v86.cpu.memory_size[0] ?? 0;
    if (!(address >= 0 && length >= 0 && address + length <= size)) return undefined;
    return this.#emulator.read_memory(address, length);
  };

  #sendChunk(bytes: Uint8Array): boolean {
    if (bytes.length === 0 || bytes.length > MAX_CHUNK)
      throw new RangeError(`a chunk of ${bytes.length} bytes; 1 to ${MAX_CHUNK} are allowed`);
    const queue = this.#emulator.v86.cpu.devices.virtio_console.virtio.queues[0];
    if (this.#dead || !queue?.is_configured() || !queue.has_request()) return false;
    this.#emulator.bus.send('virtio-console0-input-bytes', bytes);
    return true;
  }

  #portWrite(port: number, value: number): void {
    if (port !== STOP_MARK_PORT || (value !== STOP_BEGIN && value !== STOP_END)) return;
    const mark = value === STOP_BEGIN ? 'begin' : 'end';
    const edge = { mark, instructions: this.instructions(), milliseconds: performance.now() } as const;
    for (const listener of this.#markListeners) listener(edge);
  }

  #tick(loop: () => number): number {
    if (this.#dead) return IDLE_MS;
    try {
      const sleep = loop();
      this.instructions();
      this.#serial.pump();
      return sleep;
    } catch (error) {
      // A guest that shuts down may take the emulator with it; then it is the guest that has the word.
      this.#serial.flush();
      const trap = error instanceof Error ? error.message : String(error);
      const found = [this.#emulatorSaid, trap].filter(Boolean).join(': ');
      this.#die(failure('emulator_crash', 'The emulator stopped with an error.', { found, hint: RESET }));
      return IDLE_MS;
    }
  }

  /** An oops leaves the kernel running; after a panic it only turns in a loop. */
  #kernelSaid(report: CrashReport): void {
    const crash = crashFailure(report);
    if (report.kind === 'oops') for (const listener of this.#crashListeners) listener(crash);
    else this.#die(crash);
  }

  #die(crash: Failure): void {
    if (this.#dead) return;
    this.#dead = crash;
    void this.#emulator.stop();
    for (const listener of this.#crashListeners) listener(crash);
  }
}

/** A translation takes some milliseconds to compile; one that failed never comes. */
const COMPILE_LIMIT_MS = 1000;
/** How long a machine that is dead sleeps before it looks whether it is to stop. */
const IDLE_MS = 10;
const RESET = 'Reset the machine; nothing outside it is affected.';

const CRASHES = {
  oops: ['guest_oops', 'The guest’s kernel reported an error in itself.'],
  panic: ['guest_panic', 'The guest’s kernel panicked.'],
  halt: ['guest_halt', 'The guest was shut down.'],
} as const;

function crashFailure(crash: CrashReport): Failure {
  const [code, message] = CRASHES[crash.kind];
  return failure(code, message, { found: crash.text, hint: RESET });
}

function subscribe<T>(listeners: Set<(value: T) => void>, listener: (value: T) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
