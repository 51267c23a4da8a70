import { success, type Result } from '../failure.ts';
import * as C from './constants.ts';
import { headerOffsets, LAYOUT32, LAYOUT64, type Layout } from './layout.ts';
import type { ElfObject, ElfSection, ElfSymbol } from './object.ts';
import { readRelocations } from './relocations.ts';
import { readSectionHeaders, type SectionHeader } from './section-headers.ts';
import { MAX_BYTES, reading, Source } from './source.ts';
import { StringTable } from './string-table.ts';
import { readSymbols } from './symbols.ts';

export interface ReadOptions {
  /** What to call the object in failures. */
  readonly name?: string;
  /** Accepted machines; by default only i386. */
  readonly machines?: readonly number[];
}

/**
 * Reads a relocatable object of either class, with REL or RELA relocations, as a compiler or `ld -r` makes it. No section is copied: the object
 * is views into `bytes`, which must not change while it lives. Every offset is checked: bytes outside of the file are never read, whatever it says.
 * Failures: `elf_not_elf`, `elf_truncated`, `elf_foreign` (class, byte order or machine), `elf_not_relocatable`, `elf_malformed`, `elf_too_large`.
 */
export function readElf(bytes: Uint8Array, options: ReadOptions = {}): Result<ElfObject> {
  return reading(() => success(readObject(new Source(bytes, options.name ?? 'object'), options.machines ?? [C.EM_386])));
}

function readObject(source: Source, machines: readonly number[]): ElfObject {
  const { layout, machine } = readHeader(source, machines);
  const { headers, nameTable } = readSectionHeaders(source, layout);
  const names = stringTable(source, headers[nameTable], 'section names');
  const symbols = readSymbolTable(source, layout, headers);
  const relocations = readRelocations(source, layout, machine, headers, symbols.length);
  const sections = headers.map((header, index): ElfSection => {
    const name = source.named(names.name(header.nameOffset), `section ${index}`);
    return {
      index,
      name,
      type: header.type,
      flags: header.flags,
      size: header.size,
      data: source.contents(header, `section ${name}`),
      align: header.align,
      entsize: header.entsize,
      link: header.link,
      info: header.info,
      relocations: relocations.get(index) ?? [],
    };
  });
  const flags = source.view.u32(headerOffsets(layout).flags) ?? 0;
  return { elfClass: layout.word === 8 ? 64 : 32, machine, flags, sections, symbols };
}

/** Checks the ELF header (gABI, "ELF Header") before anything else is believed. */
function readHeader(source: Source, machines: readonly number[]): { layout: Layout; machine: number } {
  const { view } = source;
  if (view.length > MAX_BYTES)
    source.refuse('elf_too_large', 'The object is larger than any kernel object.', {
      expected: `at most ${MAX_BYTES} bytes`,
      found: `${view.length} bytes`,
    });
  if (view.length < 4 || view.u32(0) !== 0x464c457f) {
    source.refuse(view.length < 4 ? 'elf_truncated' : 'elf_not_elf', 'This is not an ELF file.', {
      expected: '7f 45 4c 46',
      found: hex(view.bytes.subarray(0, 4)) || 'nothing',
      hint: 'Give the .o file that the compiler made.',
    });
  }
  const elfClass = view.u8(4) ?? source.truncated('header');
  if (elfClass !== C.ELFCLASS32 && elfClass !== C.ELFCLASS64) source.malformed(`ELF class ${elfClass} does not exist.`);
  const layout = elfClass === C.ELFCLASS64 ? LAYOUT64 : LAYOUT32;
  if (!view.has(0, layout.header)) source.truncated('header');
  if (view.u8(5) !== C.ELFDATA2LSB)
    source.refuse('elf_foreign', 'The object is not little endian.', { hint: 'Compile it for i386.' });
  const machine = view.u16(18) ?? 0;
  if (!machines.includes(machine)) {
    source.refuse('elf_foreign', 'The object is for another machine.', {
      expected: machines.map(machineName).join(' or '),
      found: machineName(machine),
      hint: 'Compile it for the machine of the kernel pack (i386: gcc -m32).',
    });
  }
  if ((machine === C.EM_386) !== (elfClass === C.ELFCLASS32))
    source.refuse('elf_foreign', `A ${machineName(machine)} object has another ELF class.`, { found: `class ${elfClass}` });
  const type = view.u16(16) ?? 0;
  if (type !== C.ET_REL)
    source.refuse('elf_not_relocatable', 'The file is not a relocatable object.', {
      expected: 'e_type 1 (REL)',
      found: `e_type ${type}`,
      hint: 'Give the .o file, not a linked program.',
    });
  return { layout, machine };
}

function readSymbolTable(source: Source, layout: Layout, headers: readonly SectionHeader[]): ElfSymbol[] {
  const [index, ...more] = headers.flatMap((header, at) => (header.type === C.SHT_SYMTAB ? [at] : []));
  if (more.length > 0) source.malformed('The object has more than one symbol table.');
  const header = index === undefined ? undefined : headers[index];
  if (!header) return [];
  const names = stringTable(source, headers[header.link], 'symbol names');
  const numbers = headers.find((other) => other.type === C.SHT_SYMTAB_SHNDX && other.link === index);
  const extended = numbers && source.contents(numbers, 'section numbers');
  return readSymbols(source, layout, header, extended, names, headers.length);
}

function stringTable(source: Source, header: SectionHeader | undefined, what: string): StringTable {
  if (header?.type !== C.SHT_STRTAB) return source.malformed(`The table of ${what} is not a string table.`);
  return new StringTable(source.contents(header, what));
}

/** The machine's usual name. */
export function machineName(machine: number): string {
  if (machine === C.EM_386) return 'i386';
  if (machine === C.EM_X86_64) return 'x86-64';
  return `machine ${machine}`;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
