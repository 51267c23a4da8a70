import { failure, success, type Result } from '../failure.ts';

/** v86's own heap beside the guest's memory: tables, translated code, a snapshot while it is unpacked. */
const OVERHEAD_BYTES = 48 * 1024 * 1024;
const WASM_PAGE = 64 * 1024;

/** v86's WebAssembly: compiled, or its bytes, or where to fetch them. */
export type WasmSource = WebAssembly.Module | Uint8Array | string;

/** Compiles v86's WebAssembly, unless it is compiled already. */
export async function compileWasm(wasm: WasmSource): Promise<Result<WebAssembly.Module>> {
  if (typeof WebAssembly !== 'object') {
    return failure('no_wasm', 'This browser does not run WebAssembly, which the machine is made of.', { hint: USE_ANOTHER });
  }
  if (wasm instanceof WebAssembly.Module) return success(wasm);
  try {
    if (typeof wasm !== 'string') return success(await WebAssembly.compile(new Uint8Array(wasm)));
    const response = await fetch(wasm);
    if (!response.ok)
      return failure('no_wasm', 'The emulator could not be fetched.', {
        where: wasm,
        found: `HTTP ${response.status}`,
        hint: RELOAD,
      });
    return success(await WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const where = typeof wasm === 'string' ? wasm : 'v86.wasm';
    return failure('no_wasm', 'The emulator could not be loaded.', { where, found, hint: USE_ANOTHER });
  }
}

/** Says whether the machine's memory can be had, before v86 would run into it. */
export function checkMemory(guestBytes: number): Result<void> {
  const pages = Math.ceil((guestBytes + OVERHEAD_BYTES) / WASM_PAGE);
  try {
    new WebAssembly.Memory({ initial: pages, maximum: pages });
    return success(undefined);
  } catch (error) {
    return failure('no_memory', 'There is too little memory for the machine.', {
      expected: `${Math.ceil((guestBytes + OVERHEAD_BYTES) / (1024 * 1024))} MiB in one piece`,
      found: error instanceof Error ? error.message : String(error),
      hint: 'Close other tabs or programs and try again.',
    });
  }
}

const RELOAD = 'Reload the page; if that does not help, its files are incomplete.';
const USE_ANOTHER =
  'Use a browser of the last two years, without lockdown mode; a strict content security policy must allow wasm-unsafe-eval.';
