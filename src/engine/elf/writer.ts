import * as C from './constants.ts';
import { headerOffsets, LAYOUT32, LAYOUT64, type Layout } from './layout.ts';
import type { ElfObject, ElfRelocation, ElfSection } from './object.ts';
import { relocationKinds } from './relocation-kind.ts';

/** From this number on the 16 bits of the file are not enough for section numbers (gABI, SHN_LORESERVE). */
const FILE_LORESERVE = 0xff00;
const FILE_XINDEX = 0xffff;

/** Made anew from the model, not taken over. */
const REWRITTEN: readonly number[] = [C.SHT_REL, C.SHT_RELA, C.SHT_SYMTAB, C.SHT_STRTAB, C.SHT_SYMTAB_SHNDX];

/**
 * Writes a relocatable object. Sections keep their order; symbol table, its names, section names and relocation sections of the input are
 * written anew from `symbols` and `relocations` and come last, so an object that was read can be written back.
 * Local symbols must come before all others, as ELF wants. i386 gets REL, with the addend in the field, every other machine RELA (psABI i386 and
 * x86-64, "Relocation": each uses one of the two).
 */
export function writeElf(object: ElfObject): Uint8Array {
  return new Writer(object).write();
}

interface Output extends Omit<ElfSection, 'index'> {
  /** Index in the input, or -1. */
  readonly from: number;
}

class Writer {
  readonly #layout: Layout;
  readonly #explicit: boolean;
  readonly #out: Output[];
  /** New index of a section of the input; of one that is rewritten, the index of what takes its place. */
  readonly #indexOf = new Map<number, number>();

  constructor(readonly object: ElfObject) {
    this.#layout = object.elfClass === 64 ? LAYOUT64 : LAYOUT32;
    this.#explicit = object.machine !== C.EM_386;
    this.#out = object.sections
      .filter((section) => !REWRITTEN.includes(section.type))
      .map((section) => ({ ...section, from: section.index }));
    for (const [index, section] of this.#out.entries()) this.#indexOf.set(section.from, index);
  }

  write(): Uint8Array {
    const kept = this.#out.length;
    const relocated = this.#out.filter((section) => section.relocations.length > 0);
    const symtab = kept + relocated.length;
    const relocationsOf = new Map(relocated.map((section, at) => [section.from, kept + at]));
    for (const section of this.object.sections) {
      if (section.type === C.SHT_SYMTAB) this.#indexOf.set(section.index, symtab);
      const at = section.type === C.SHT_REL || section.type === C.SHT_RELA ? relocationsOf.get(section.info) : undefined;
      if (at !== undefined) this.#indexOf.set(section.index, at);
    }
    for (let index = 0; index < kept; index++) this.#relink(index);
    for (const section of relocated) this.#out.push(this.#relocationSection(section, symtab));
    this.#addSymbols(symtab);
    const names = new Names();
    const offsets = [...this.#out.map((section) => names.add(section.name)), names.add('.shstrtab')];
    this.#out.push(made('.shstrtab', C.SHT_STRTAB, names.bytes(), 1));
    return assemble(this.#layout, this.object, this.#explicit, this.#out, offsets);
  }

  /** Section numbers that a section holds follow the sections to their new ones (gABI, "sh_link and sh_info interpretation", "Section Groups"). */
  #relink(index: number): void {
    const section = this.#out[index];
    if (!section) return;
    const link = this.#indexOf.get(section.link) ?? 0;
    if (section.type !== C.SHT_GROUP) {
      this.#out[index] = { ...section, link };
      return;
    }
    const data = section.data.slice();
    const view = new DataView(data.buffer);
    for (let at = 4; at + 4 <= data.length; at += 4) view.setUint32(at, this.#indexOf.get(view.getUint32(at, true)) ?? 0, true);
    this.#out[index] = { ...section, link, data };
  }

  #relocationSection(section: Output, symtab: number): Output {
    const { rel, rela, word } = this.#layout;
    const entsize = this.#explicit ? rela : rel;
    return {
      ...made(
        (this.#explicit ? '.rela' : '.rel') + section.name,
        this.#explicit ? C.SHT_RELA : C.SHT_REL,
        this.#relocationBytes(section.relocations, entsize),
        word,
      ),
      flags: C.SHF_INFO_LINK,
      entsize,
      link: symtab,
      info: this.#indexOf.get(section.from) ?? 0,
    };
  }

  #relocationBytes(relocations: readonly ElfRelocation[], entry: number): Uint8Array {
    const { word } = this.#layout;
    const bytes = new Uint8Array(entry * relocations.length);
    const view = new DataView(bytes.buffer);
    relocations.forEach((relocation, index) => {
      const base = index * entry;
      setWord(view, base, relocation.offset, this.#layout);
      if (word === 4) view.setUint32(base + 4, ((relocation.symbol << 8) | relocation.type) >>> 0, true);
      else {
        view.setUint32(base + 8, relocation.type, true);
        view.setUint32(base + 12, relocation.symbol, true);
      }
      if (this.#explicit) setWord(view, base + 2 * word, relocation.addend, this.#layout);
    });
    return bytes;
  }

  #addSymbols(symtab: number): void {
    const { symbols } = this.object;
    const strings = new Names();
    const numbers: number[] = [];
    const bytes = this.#symbolBytes(strings, numbers);
    const firstGlobal = symbols.findIndex((symbol) => symbol.bind !== C.STB_LOCAL);
    this.#out.push({
      ...made('.symtab', C.SHT_SYMTAB, bytes, this.#layout.word),
      entsize: this.#layout.symbol,
      link: symtab + 1,
      info: firstGlobal < 0 ? symbols.length : firstGlobal,
    });
    this.#out.push(made('.strtab', C.SHT_STRTAB, strings.bytes(), 1));
    if (numbers.every((number) => number === 0)) return;
    const extended = new Uint8Array(4 * numbers.length);
    const view = new DataView(extended.buffer);
    for (const [index, number] of numbers.entries()) view.setUint32(4 * index, number, true);
    this.#out.push({ ...made('.symtab_shndx', C.SHT_SYMTAB_SHNDX, extended, 4), entsize: 4, link: symtab });
  }

  /** `numbers` gets, per symbol, the section number that does not fit into its entry, or 0. */
  #symbolBytes(strings: Names, numbers: number[]): Uint8Array {
    const wide = this.#layout.word === 8;
    const bytes = new Uint8Array(this.#layout.symbol * this.object.symbols.length);
    const view = new DataView(bytes.buffer);
    this.object.symbols.forEach((symbol, index) => {
      const base = index * this.#layout.symbol;
      const special = symbol.section >= C.SHN_LORESERVE;
      const section = special ? symbol.section & 0xffff : (this.#indexOf.get(symbol.section) ?? C.SHN_UNDEF);
      const extended = !special && section >= FILE_LORESERVE;
      numbers.push(extended ? section : 0);
      view.setUint32(base, strings.add(symbol.name), true);
      view.setUint8(base + (wide ? 4 : 12), (symbol.bind << 4) | symbol.type);
      view.setUint8(base + (wide ? 5 : 13), symbol.visibility);
      view.setUint16(base + (wide ? 6 : 14), extended ? FILE_XINDEX : section, true);
      setWord(view, base + (wide ? 8 : 4), symbol.value, this.#layout);
      setWord(view, base + (wide ? 16 : 8), symbol.size, this.#layout);
    });
    return bytes;
  }
}

function made(name: string, type: number, data: Uint8Array, align: number): Output {
  return { name, type, flags: 0, size: data.length, data, align, entsize: 0, link: 0, info: 0, relocations: [], from: -1 };
}

/** Names, each once, after the empty one. */
class Names {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #parts: string[] = ['\0'];
  #length = 1;

  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#length;
    this.#offsets.set(text, offset);
    this.#parts.push(text, '\0');
    this.#length += text.length + 1;
    return offset;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#parts.join(''), (character) => character.charCodeAt(0));
  }
}

function setWord(view: DataView, offset: number, value: number, layout: Layout): void {
  if (layout.word === 4) view.setUint32(offset, value >>> 0, true);
  else view.setBigInt64(offset, BigInt(value), true);
}

/** Puts the addends of REL entries where they belong: into the bytes at `start` of the file. */
function setFields(view: DataView, machine: number, start: number, relocations: readonly ElfRelocation[]): void {
  const kinds = relocationKinds(machine);
  for (const { offset, type, addend } of relocations) {
    const size = kinds.get(type)?.size;
    if (size === 4) view.setInt32(start + offset, addend, true);
    else if (size === 2) view.setInt16(start + offset, addend, true);
    else if (size === 1) view.setInt8(start + offset, addend);
  }
}

function assemble(
  layout: Layout,
  object: ElfObject,
  explicit: boolean,
  out: readonly Output[],
  nameOffsets: readonly number[],
): Uint8Array {
  let end = layout.header;
  const offsets = out.map((section) => {
    if (section.type === C.SHT_NULL) return 0;
    end = alignUp(end, Math.max(1, section.align));
    const offset = end;
    if (section.type !== C.SHT_NOBITS) end += section.data.length;
    return offset;
  });
  const table = alignUp(end, layout.word);
  const bytes = new Uint8Array(table + out.length * layout.sectionHeader);
  const view = new DataView(bytes.buffer);
  writeHeader(view, layout, object, table, out.length);
  const many = out.length >= FILE_LORESERVE;
  out.forEach((section, index) => {
    const offset = offsets[index] ?? 0;
    if (section.type !== C.SHT_NOBITS) bytes.set(section.data, offset);
    if (!explicit) setFields(view, object.machine, offset, section.relocations);
    const base = table + index * layout.sectionHeader;
    const w = layout.word;
    // Section 0 has room for what does not fit into the header.
    const first = index === 0 && many;
    const size = section.type === C.SHT_NOBITS ? section.size : section.data.length;
    view.setUint32(base, nameOffsets[index] ?? 0, true);
    view.setUint32(base + 4, section.type, true);
    setWord(view, base + 8, section.flags, layout);
    setWord(view, base + 8 + 2 * w, offset, layout);
    setWord(view, base + 8 + 3 * w, first ? out.length : size, layout);
    view.setUint32(base + 8 + 4 * w, first ? out.length - 1 : section.link, true);
    view.setUint32(base + 12 + 4 * w, section.info, true);
    setWord(view, base + 16 + 4 * w, section.align, layout);
    setWord(view, base + 16 + 5 * w, section.entsize, layout);
  });
  return bytes;
}

/** The ELF header. From 65,280 sections on their number and that of the name table are in section 0 (gABI, e_shnum, e_shstrndx). */
function writeHeader(view: DataView, layout: Layout, object: ElfObject, table: number, sections: number): void {
  const at = headerOffsets(layout);
  const many = sections >= FILE_LORESERVE;
  const identification = [0x7f, 0x45, 0x4c, 0x46, layout.word === 8 ? C.ELFCLASS64 : C.ELFCLASS32, C.ELFDATA2LSB, C.EV_CURRENT];
  identification.forEach((byte, index) => view.setUint8(index, byte));
  view.setUint16(16, C.ET_REL, true);
  view.setUint16(18, object.machine, true);
  view.setUint32(20, C.EV_CURRENT, true);
  setWord(view, at.shoff, table, layout);
  view.setUint32(at.flags, object.flags, true);
  view.setUint16(at.ehsize, layout.header, true);
  view.setUint16(at.ehsize + 6, layout.sectionHeader, true);
  view.setUint16(at.ehsize + 8, many ? 0 : sections, true);
  view.setUint16(at.ehsize + 10, many ? FILE_XINDEX : sections - 1, true);
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
