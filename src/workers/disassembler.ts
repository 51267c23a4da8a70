import { Capstone, Const, loadCapstone } from 'capstone-wasm';
import { failure, success, type Result } from '../engine/failure.ts';
import type { Code, CodeRelocation } from '../engine/diff/changes.ts';

/** One instruction as text. */
export interface Instruction {
  /** From the start of the function. */
  readonly offset: number;
  /** In hex, two digits per byte; fields of relocations hold zeros. */
  readonly bytes: string;
  readonly mnemonic: string;
  /** Intel syntax; what a relocation leads to stands in it by name, a jump inside the function as `+0x1a`. */
  readonly operands: string;
  /** A jump inside the function: its offset is no property of the instruction, it moves with the code around it. */
  readonly local: boolean;
}

/** Values that stand in for relocations while capstone looks: large enough that no other operand has them. */
const MARK = 0x4b000000;
/** A kernel function has a few KB. */
const MAX_BYTES = 1 << 20;

let loading: Promise<void> | undefined;

/** Fetches capstone's WebAssembly once. `wasm`: its bytes, where there is nothing to fetch from. */
export async function load(wasm?: Uint8Array): Promise<Result<void>> {
  try {
    await (loading ??= loadCapstone(wasm ? { wasmBinary: wasm } : undefined));
    return success(undefined);
  } catch (error) {
    loading = undefined;
    return failure('disassembler_missing', 'The disassembler could not be loaded.', {
      where: 'capstone.wasm',
      found: error instanceof Error ? error.message : String(error),
      hint: 'Look at the connection, then open the function again.',
    });
  }
}

/** Disassembles a piece of code, with its relocations as names. `load` must have succeeded. */
export function disassemble(code: Code): Result<readonly Instruction[]> {
  const bytes = bytesOf(code.bytes);
  if (!bytes || bytes.length > MAX_BYTES) {
    return failure('bad_code', 'The code is not a row of bytes in hex.', {
      where: code.section,
      expected: `at most ${MAX_BYTES} bytes`,
    });
  }
  const marked = bytes.slice();
  const view = new DataView(marked.buffer);
  code.relocations.forEach(({ offset }, index) => {
    if (offset + 4 <= marked.length) view.setUint32(offset, MARK + index, true);
  });
  const capstone = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_32);
  const decoded = capstone.disasm(marked, { address: 0 });
  capstone.close();
  return success(
    decoded.map(({ address, size, mnemonic, opStr }) => {
      const offset = Number(address);
      const within = code.relocations.filter((relocation) => relocation.offset >= offset && relocation.offset < offset + size);
      const jump = within.length === 0 && /^(j|call|loop)/.test(mnemonic) && /^(0x[0-9a-f]+|\d+)$/.test(opStr);
      return {
        offset,
        bytes: code.bytes.slice(offset * 2, (offset + size) * 2),
        mnemonic,
        operands: jump ? `+${hex(Number(opStr))}` : named(opStr, within, code.relocations),
        local: jump,
      };
    }),
  );
}

function named(operands: string, within: readonly CodeRelocation[], all: readonly CodeRelocation[]): string {
  return within.reduce((text, relocation) => {
    if (relocation.kind === 'pc32') return relocation.target;
    return text.replace(hex(MARK + all.indexOf(relocation)), relocation.target);
  }, operands);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function bytesOf(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(index * 2, index * 2 + 2), 16));
}
