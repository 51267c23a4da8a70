import { failure, success, type Result } from '../failure.ts';
import { createEmulator, type Emulator } from './v86.ts';

const LOAD_TIMEOUT_MS = 30_000;

/** What is called from inside the emulator. */
export interface Hooks {
  write: (port: number, value: number) => void;
  log: (text: string) => void;
}

/** Starts v86 with its WebAssembly and waits until its devices are there. */
export function startEmulator(
  module: WebAssembly.Module,
  hooks: Hooks,
  options: Omit<Parameters<typeof createEmulator>[0], 'instantiate'>,
): Promise<Result<Emulator>> {
  return new Promise((resolve) => {
    const refuse = (code: string, message: string, error: unknown, hint: string) => {
      clearTimeout(timer);
      resolve(failure(code, message, { found: error instanceof Error ? error.message : String(error), hint }));
    };
    const timer = setTimeout(
      () => refuse('machine_stuck', 'The emulator did not start.', `${LOAD_TIMEOUT_MS} ms passed`, AGAIN),
      LOAD_TIMEOUT_MS,
    );
    const instantiate = async (imports: WebAssembly.Imports): Promise<WebAssembly.Exports> => {
      const env = imports.env as Record<string, WebAssembly.ImportValue>;
      const write8 = env.io_port_write8 as (port: number, value: number) => void;
      env.io_port_write8 = (port: number, value: number) => {
        write8(port, value);
        hooks.write(port, value);
      };
      let memory: WebAssembly.Memory | undefined;
      env.console_log_from_wasm = (address: number, length: number) => {
        if (memory) hooks.log(new TextDecoder().decode(new Uint8Array(memory.buffer, address >>> 0, length).slice()));
      };
      try {
        const { exports } = await WebAssembly.instantiate(module, imports);
        memory = exports.memory as WebAssembly.Memory;
        return exports;
      } catch (error) {
        refuse('no_memory', 'The emulator could not be started.', error, 'Close other tabs or programs and try again.');
        return new Promise(() => undefined);
      }
    };
    const emulator = createEmulator({ ...options, instantiate });
    emulator.add_listener('emulator-loaded', () => {
      clearTimeout(timer);
      resolve(success(emulator));
    });
  });
}

const AGAIN = 'Try again; if that does not help, close other tabs or programs.';
