import {
  EM_386,
  R_386_32,
  R_386_PC32,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_NULL,
  SHT_PROGBITS,
} from '../../src/engine/elf/constants.ts';
import { STB_GLOBAL, STB_LOCAL, STT_FUNC, STT_NOTYPE, STT_OBJECT } from '../../src/engine/elf/constants.ts';
import type { ElfRelocation, ElfSection, ElfSymbol } from '../../src/engine/elf/object.ts';
import { writeElf } from '../../src/engine/elf/writer.ts';
import type { UpdateKernel } from '../../src/engine/update/kernel.ts';

const CALL = 0xe8;
const RETURN = 0xc3;
const CLEAR_EAX = [0x31, 0xc0];

/** When a client module calls the function that it imports: as it is loaded (a result of 0 lets it in) or as it is unloaded. */
export type CallTime = 'load' | 'unload';

/** A module, not of any update, that imports a function of the kernel and calls it. */
export function clientModule(kernel: UpdateKernel, name: string, imported: string, when: CallTime): Uint8Array {
  const { size, nameOffset, initOffset, exitOffset, vermagic } = kernel.module;
  const calls = [CALL, 0, 0, 0, 0, RETURN];
  const init = when === 'load' ? calls : [...CLEAR_EAX, RETURN];
  const exit = when === 'load' ? [RETURN] : calls;
  const self = new Uint8Array(size);
  self.set(new TextEncoder().encode(name), nameOffset);
  const info = [`license=GPL`, 'depends=', `name=${name}`, `vermagic=${vermagic}`].map((line) => `${line}\0`).join('');
  const symbol = (index: number, fields: Partial<ElfSymbol>): ElfSymbol => ({
    index,
    name: '',
    value: 0,
    size: 0,
    bind: STB_GLOBAL,
    type: STT_FUNC,
    visibility: 0,
    section: 0,
    file: undefined,
    ...fields,
  });
  const section = (index: number, fields: Partial<ElfSection> & { data: Uint8Array }): ElfSection => ({
    index,
    name: '',
    type: SHT_PROGBITS,
    flags: SHF_ALLOC,
    size: fields.data.length,
    align: 4,
    entsize: 0,
    link: 0,
    info: 0,
    relocations: [],
    ...fields,
  });
  const pointer = (offset: number, to: number): ElfRelocation => ({ offset, type: R_386_32, symbol: to, addend: 0 });
  return writeElf({
    elfClass: 32,
    machine: EM_386,
    flags: 0,
    symbols: [
      symbol(0, { bind: STB_LOCAL, type: STT_NOTYPE }),
      symbol(1, { name: '__this_module', section: 2, size, type: STT_OBJECT }),
      symbol(2, { name: 'init_module', section: 1, size: init.length }),
      symbol(3, { name: 'cleanup_module', section: 1, value: init.length, size: exit.length }),
      symbol(4, { name: imported, type: STT_NOTYPE }),
    ],
    sections: [
      section(0, { type: SHT_NULL, flags: 0, align: 0, data: new Uint8Array(0) }),
      section(1, {
        name: '.text',
        flags: SHF_ALLOC | SHF_EXECINSTR,
        data: Uint8Array.from([...init, ...exit]),
        relocations: [{ offset: (when === 'load' ? 0 : init.length) + 1, type: R_386_PC32, symbol: 4, addend: -4 }],
      }),
      section(2, {
        name: '.gnu.linkonce.this_module',
        flags: SHF_ALLOC | SHF_WRITE,
        align: 64,
        data: self,
        relocations: [pointer(initOffset, 2), pointer(exitOffset, 3)],
      }),
      section(3, { name: '.modinfo', align: 1, data: new TextEncoder().encode(info) }),
    ],
  });
}
