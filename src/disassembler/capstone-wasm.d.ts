/** The package has types but does not export them. This is what the disassembler uses. */
declare module 'capstone-wasm' {
  export const Const: { readonly CS_ARCH_X86: number; readonly CS_MODE_32: number; readonly CS_MODE_64: number };
  export class Capstone {
    constructor(arch: number, mode: number);
    disasm(
      bytes: Uint8Array,
      options: { address: number },
    ): readonly { readonly address: number | bigint; readonly size: number; readonly mnemonic: string; readonly opStr: string }[];
    close(): void;
  }
  /** `wasmBinary`: the WebAssembly, where it cannot be fetched. */
  export function loadCapstone(options?: { wasmBinary: Uint8Array }): Promise<void>;
}
