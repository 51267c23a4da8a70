import { failure, success, type Failure, type Result } from '../failure.ts';
import * as C from './constants.ts';
import { headerOffsets, LAYOUT32, LAYOUT64, type Layout } from './layout.ts';
import type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from './object.ts';
import { View } from './view.ts';

/** Larger than any object of a kernel; a limit on what untrusted input may cost. */
const MAX_BYTES = 64 * 1024 * 1024;
/** The kernel aligns to 4 MiB at most. */
const MAX_ALIGN = 4 * 1024 * 1024;

export interface ReadOptions {
  /** What to call the object in failures. */
  readonly name?: string;
  /** Accepted machines; by default only i386. */
  readonly machines?: readonly number[];
}

interface SectionHeader {
  nameOffset: number;
  type: number;
  flags: number;
  offset: number;
  size: number;
  link: number;
  info: number;
  align: number;
  entsize: number;
}

/**
 * Reads a relocatable object. Every offset is checked: bytes outside of the file are never read, whatever it says.
 * Failures: `elf_not_elf`, `elf_truncated`, `elf_foreign` (class, byte order or machine), `elf_not_relocatable`, `elf_malformed`, `elf_too_large`.
 */
export function readElf(bytes: Uint8Array, options: ReadOptions = {}): Result<ElfObject> {
  return new Reader(bytes, options).read();
}

/** Carries a failure out of the nested reads; never leaves this file. */
class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

class Reader {
  readonly #view: View;
  readonly #name: string;
  readonly #machines: readonly number[];
  /** Bytes copied so far. */
  #copied = 0;
  /** Bytes of sections that have no contents in the file, and so may claim any size. */
  #reserved = 0;

  constructor(bytes: Uint8Array, options: ReadOptions) {
    this.#view = new View(bytes);
    this.#name = options.name ?? 'object';
    this.#machines = options.machines ?? [C.EM_386];
  }

  read(): Result<ElfObject> {
    try {
      return success(this.#object());
    } catch (error) {
      if (error instanceof Refused) return error.failure;
      throw error;
    }
  }

  #refuse(code: string, message: string, details: Partial<Omit<Failure, 'ok' | 'code' | 'message'>> = {}): never {
    throw new Refused(failure(code, message, { where: this.#name, ...details }));
  }

  #need(value: number | undefined, what: string): number {
    if (value !== undefined) return value;
    return this.#refuse('elf_truncated', `The object ends before its ${what}.`, {
      found: `${this.#view.length} bytes`,
      hint: 'Get a complete copy of the object.',
    });
  }

  #object(): ElfObject {
    const view = this.#view;
    if (view.length > MAX_BYTES)
      this.#refuse('elf_too_large', 'The object is larger than any kernel object.', {
        expected: `at most ${MAX_BYTES} bytes`,
        found: `${view.length} bytes`,
      });
    if (view.length < 4 || view.u32(0) !== 0x464c457f) {
      this.#refuse(view.length < 4 ? 'elf_truncated' : 'elf_not_elf', 'This is not an ELF file.', {
        expected: '7f 45 4c 46',
        found: hex(view.bytes.subarray(0, 4)) || 'nothing',
        hint: 'Give the .o file that the compiler made.',
      });
    }
    const elfClass = this.#need(view.u8(4), 'header');
    if (elfClass !== C.ELFCLASS32 && elfClass !== C.ELFCLASS64)
      this.#refuse('elf_malformed', `ELF class ${elfClass} does not exist.`);
    const layout = elfClass === C.ELFCLASS64 ? LAYOUT64 : LAYOUT32;
    if (this.#need(view.u8(5), 'header') !== C.ELFDATA2LSB)
      this.#refuse('elf_foreign', 'The object is not little endian.', { hint: 'Compile it for i386.' });
    this.#need(view.u8(layout.header - 1), 'header');
    const machine = this.#need(view.u16(18), 'header');
    if (!this.#machines.includes(machine)) {
      this.#refuse('elf_foreign', 'The object is for another machine.', {
        expected: this.#machines.map(machineName).join(' or '),
        found: machineName(machine),
        hint: 'Compile it for the machine of the kernel pack (i386: gcc -m32).',
      });
    }
    if ((machine === C.EM_386) !== (elfClass === C.ELFCLASS32))
      this.#refuse('elf_foreign', `A ${machineName(machine)} object has another ELF class.`, { found: `class ${elfClass}` });
    const type = this.#need(view.u16(16), 'header');
    if (type !== C.ET_REL)
      this.#refuse('elf_not_relocatable', 'The file is not a relocatable object.', {
        expected: 'e_type 1 (REL)',
        found: `e_type ${type}`,
        hint: 'Give the .o file, not a linked program.',
      });
    const { headers, nameTable } = this.#sectionHeaders(layout);
    const names = this.#stringTable(headers[nameTable], 'section names');
    const symtabs = headers.filter((header) => header.type === C.SHT_SYMTAB);
    if (symtabs.length > 1) this.#refuse('elf_malformed', 'The object has more than one symbol table.');
    const symbols = symtabs[0] ? this.#symbols(layout, symtabs[0], headers) : [];
    const relocations = this.#relocations(layout, headers, symbols.length);
    const sections = headers.map((header, index): ElfSection => {
      const name = names.string(header.nameOffset);
      if (name === undefined) this.#refuse('elf_malformed', `The name of section ${index} lies outside of the name table.`);
      return {
        index,
        name,
        type: header.type,
        flags: header.flags,
        size: header.size,
        data: this.#contents(header, `section ${name}`),
        align: header.align,
        entsize: header.entsize,
        link: header.link,
        info: header.info,
        relocations: relocations.get(index) ?? [],
      };
    });
    return {
      elfClass: elfClass === C.ELFCLASS64 ? 64 : 32,
      machine,
      flags: this.#need(view.u32(headerOffsets(layout).flags), 'header'),
      sections,
      symbols,
    };
  }

  #sectionHeaders(layout: Layout): { headers: SectionHeader[]; nameTable: number } {
    const view = this.#view;
    const at = headerOffsets(layout);
    const offset = this.#need(view.word(at.shoff, layout.word), 'header');
    const entrySize = this.#need(view.u16(at.ehsize + 6), 'header');
    const count = this.#need(view.u16(at.ehsize + 8), 'header');
    const nameTable = this.#need(view.u16(at.ehsize + 10), 'header');
    if (count === 0) this.#refuse('elf_malformed', 'The object has no section table.');
    if (entrySize !== layout.sectionHeader)
      this.#refuse('elf_malformed', 'Section headers have an impossible size.', {
        expected: `${layout.sectionHeader}`,
        found: `${entrySize}`,
      });
    if (!view.has(offset, count * entrySize)) this.#need(undefined, 'section table');
    if (nameTable >= count)
      this.#refuse('elf_malformed', 'The section name table does not exist.', { found: `section ${nameTable} of ${count}` });
    const headers: SectionHeader[] = [];
    for (let i = 0; i < count; i++) headers.push(this.#sectionHeader(layout, offset + i * entrySize));
    return { headers, nameTable };
  }

  #sectionHeader(layout: Layout, base: number): SectionHeader {
    const view = this.#view;
    const w = layout.word;
    const word = (offset: number): number => this.#need(view.word(base + offset, w), 'section table');
    const half = (offset: number): number => this.#need(view.u32(base + offset), 'section table');
    const align = word(16 + 4 * w);
    if (align > MAX_ALIGN || (align & (align - 1)) !== 0)
      this.#refuse('elf_malformed', 'A section has an impossible alignment.', { found: `${align}` });
    return {
      nameOffset: half(0),
      type: half(4),
      flags: word(8),
      offset: word(8 + 2 * w),
      size: word(8 + 3 * w),
      link: half(8 + 4 * w),
      info: half(12 + 4 * w),
      align,
      entsize: word(16 + 5 * w),
    };
  }

  #contents(header: SectionHeader, what: string): Uint8Array {
    if (header.type === C.SHT_NULL) return new Uint8Array(0);
    if (header.type === C.SHT_NOBITS) {
      this.#reserved += header.size;
      if (this.#reserved > MAX_BYTES)
        this.#refuse('elf_too_large', 'The object wants more memory than any kernel object.', {
          expected: `at most ${MAX_BYTES} bytes`,
          found: `${this.#reserved} bytes up to ${what}`,
        });
      return new Uint8Array(0);
    }
    if (!this.#view.has(header.offset, header.size)) this.#need(undefined, what);
    this.#copied += header.size;
    // Each section is read once, tables up to three times. More means that sections lie on top of each other.
    if (this.#copied > 3 * this.#view.length)
      this.#refuse('elf_malformed', 'The sections of the object overlap.', { hint: 'Get or compile the object again.' });
    return this.#view.bytes.slice(header.offset, header.offset + header.size);
  }

  #stringTable(header: SectionHeader | undefined, what: string): View {
    if (header?.type !== C.SHT_STRTAB) return this.#refuse('elf_malformed', `The table of ${what} is not a string table.`);
    return new View(this.#contents(header, what));
  }

  #symbols(layout: Layout, header: SectionHeader, headers: readonly SectionHeader[]): ElfSymbol[] {
    if (header.entsize !== layout.symbol || header.size % layout.symbol !== 0)
      this.#refuse('elf_malformed', 'The symbol table has an impossible entry size.', { found: `${header.entsize}` });
    const names = this.#stringTable(headers[header.link], 'symbol names');
    const table = new View(this.#contents(header, 'symbol table'));
    const symbols: ElfSymbol[] = [];
    for (let index = 0; index * layout.symbol < table.length; index++) {
      const base = index * layout.symbol;
      const wide = layout.word === 8;
      const info = this.#need(table.u8(base + (wide ? 4 : 12)), 'symbol table');
      const section = this.#need(table.u16(base + (wide ? 6 : 14)), 'symbol table');
      if (section >= headers.length && section < C.SHN_LORESERVE)
        this.#refuse('elf_malformed', `Symbol ${index} is in a section that does not exist.`, { found: `${section}` });
      const name = names.string(this.#need(table.u32(base), 'symbol table'));
      if (name === undefined) this.#refuse('elf_malformed', `The name of symbol ${index} lies outside of the name table.`);
      symbols.push({
        index,
        name,
        section,
        bind: info >> 4,
        type: info & 15,
        visibility: this.#need(table.u8(base + (wide ? 5 : 13)), 'symbol table') & 3,
        value: this.#need(table.word(base + (wide ? 8 : 4), layout.word), 'symbol table'),
        size: this.#need(table.word(base + (wide ? 16 : 8), layout.word), 'symbol table'),
      });
    }
    return symbols;
  }

  #relocations(layout: Layout, headers: readonly SectionHeader[], symbolCount: number): Map<number, ElfRelocation[]> {
    const result = new Map<number, ElfRelocation[]>();
    for (const header of headers) {
      if (header.type !== C.SHT_REL && header.type !== C.SHT_RELA) continue;
      const target = headers[header.info];
      if (header.info === 0 || !target)
        this.#refuse('elf_malformed', 'A relocation section applies to a section that does not exist.', {
          found: `${header.info}`,
        });
      const entry = header.type === C.SHT_REL ? layout.rel : layout.rela;
      if (header.entsize !== entry || header.size % entry !== 0)
        this.#refuse('elf_malformed', 'A relocation section has an impossible entry size.', { found: `${header.entsize}` });
      const list = result.get(header.info) ?? [];
      result.set(header.info, list);
      const table = new View(this.#contents(header, 'relocations'));
      for (let base = 0; base < table.length; base += entry)
        list.push(this.#relocation(layout, table, base, header.type === C.SHT_RELA, target.size, symbolCount));
    }
    for (const list of result.values()) list.sort((a, b) => a.offset - b.offset);
    return result;
  }

  #relocation(layout: Layout, table: View, base: number, explicit: boolean, size: number, symbolCount: number): ElfRelocation {
    const w = layout.word;
    const offset = this.#need(table.word(base, w), 'relocations');
    const low = this.#need(table.u32(base + w), 'relocations');
    const type = w === 8 ? low : low & 0xff;
    const symbol = w === 8 ? this.#need(table.u32(base + 12), 'relocations') : low >>> 8;
    if (offset >= size)
      this.#refuse('elf_malformed', 'A relocation lies outside of its section.', {
        expected: `below 0x${size.toString(16)}`,
        found: `0x${offset.toString(16)}`,
      });
    if (symbol >= symbolCount)
      this.#refuse('elf_malformed', 'A relocation names a symbol that does not exist.', { found: `${symbol} of ${symbolCount}` });
    if (!explicit) return { offset, type, symbol };
    return { offset, type, symbol, addend: this.#need(table.s32(base + 2 * w), 'relocations') };
  }
}

function machineName(machine: number): string {
  if (machine === C.EM_386) return 'i386';
  if (machine === C.EM_X86_64) return 'x86-64';
  return `machine ${machine}`;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
