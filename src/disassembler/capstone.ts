import { Capstone, Const, loadCapstone } from 'capstone-wasm';
import { failure, success, type Result } from '../engine/failure.ts';
import type { Disassemble } from '../engine/why/decode.ts';

let loading: Promise<void> | undefined;

/** Fetches capstone's WebAssembly once, and gives the disassembler. `wasm`: its bytes, where there is nothing to fetch from. */
export async function loadDisassembler(wasm?: Uint8Array): Promise<Result<Disassemble>> {
  try {
    await (loading ??= loadCapstone(wasm ? { wasmBinary: wasm } : undefined));
    return success(disassemble);
  } catch (error) {
    loading = undefined;
    return failure('disassembler_missing', 'The disassembler could not be loaded.', {
      where: 'capstone.wasm',
      found: error instanceof Error ? error.message : String(error),
      hint: 'Look at the connection, then open the function again.',
    });
  }
}

function disassemble(bytes: Uint8Array, bits: 32 | 64): ReturnType<Disassemble> {
  const capstone = new Capstone(Const.CS_ARCH_X86, bits === 64 ? Const.CS_MODE_64 : Const.CS_MODE_32);
  try {
    const decoded = capstone.disasm(bytes, { address: 0 });
    return decoded.map(({ address, size, mnemonic, opStr }) => ({ offset: Number(address), size, mnemonic, operands: opStr }));
  } catch (error) {
    // It says so if the very first byte begins no instruction.
    if (error instanceof Error && error.message.includes('CS_ERR_OK')) return [];
    throw error;
  } finally {
    capstone.close();
  }
}
