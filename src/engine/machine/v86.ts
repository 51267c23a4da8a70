import { V86 } from 'v86';

/**
 * What the machine uses of v86 0.5.462 that its own declarations leave out. Nothing outside this folder touches v86, and
 * nothing in this folder touches internals that are not declared here.
 */
export interface Emulator {
  readonly bus: { send(event: string, value?: unknown): void };
  readonly v86: {
    readonly cpu: Cpu;
    restore_state(state: ArrayBuffer): void;
    save_state(): ArrayBuffer;
    running: boolean;
  };
  add_listener(event: string, listener: (value: never) => void): void;
  run(): Promise<void>;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  /** A view of guest memory; it dies when the WebAssembly memory grows. */
  read_memory(address: number, length: number): Uint8Array;
}

/** A register of the CPU: a view of WebAssembly memory that survives its growth. */
type Register = Int32Array | Uint32Array | Uint16Array | Uint8Array;

export interface Cpu {
  readonly cr: Int32Array;
  readonly in_hlt: Uint8Array;
  readonly memory_size: Uint32Array;
  readonly instruction_counter: Uint32Array;
  last_result: Register;
  fpu_status_word: Register;
  mxcsr: Register;
  readonly wasm_memory: WebAssembly.Memory;
  /** Runs for about a millisecond; returns how many milliseconds the guest wants to sleep. */
  main_loop: () => number;
  reboot_internal: () => void;
  stop_idling: () => void;
  test_hook_did_generate_wasm?: () => void;
  test_hook_did_finalize_wasm?: () => void;
  readonly devices: {
    readonly uart0: { input: number[] };
    readonly virtio_console: { readonly virtio: { readonly queues: readonly VirtQueue[] } };
  };
  zstd_create_ctx(length: number): number;
  zstd_get_src_ptr(context: number): number;
  zstd_read(context: number, length: number): number;
  zstd_read_free(pointer: number, length: number): void;
  zstd_free_ctx(context: number): void;
}

interface VirtQueue {
  is_configured(): unknown;
  has_request(): boolean;
}

export interface EmulatorOptions {
  readonly memoryBytes: number;
  readonly bios: Uint8Array;
  readonly vgabios: Uint8Array;
  readonly kernel?: { readonly image: Uint8Array; readonly initrd: Uint8Array; readonly cmdline: string };
  /** Without translation to WebAssembly the guest is ten times slower, and repeatable. */
  readonly translate: boolean;
  /** Gives v86 its WebAssembly exports. */
  readonly instantiate: (imports: WebAssembly.Imports) => Promise<WebAssembly.Exports>;
}

/** v86 keeps the least that it can; the guest has no display. */
const VGA_MEMORY = 256 * 1024;

/** Makes an emulator that does not run yet. Listen for `emulator-loaded`. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { kernel } = options;
  const settings = {
    wasm_fn: options.instantiate,
    memory_size: options.memoryBytes,
    vga_memory_size: VGA_MEMORY,
    bios: { buffer: copy(options.bios) },
    vga_bios: { buffer: copy(options.vgabios) },
    ...(kernel && {
      bzimage: { buffer: copy(kernel.image) },
      initrd: { buffer: copy(kernel.initrd) },
      cmdline: kernel.cmdline,
    }),
    virtio_console: true,
    disable_jit: !options.translate,
    // With the APIC an idle guest costs under 1 % of a core, without it about 5 %.
    acpi: true,
    net_device: { type: 'none' },
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    autostart: false,
  };
  return new V86(settings as unknown as ConstructorParameters<typeof V86>[0]) as unknown as Emulator;
}

function copy(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
