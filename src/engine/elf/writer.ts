import * as C from './constants.ts';
import { headerOffsets, LAYOUT32, LAYOUT64, type Layout } from './layout.ts';
import type { ElfObject, ElfSection } from './object.ts';

/**
 * Writes a relocatable object. Sections keep their index; symbol table, its names, section names and relocation sections of the input are
 * written anew from `symbols` and `relocations` and come last, so an object that was read can be written back.
 * Local symbols must come before all others, as ELF wants. Relocations with an addend become RELA, others REL.
 */
export function writeElf(object: ElfObject): Uint8Array {
  const layout = object.elfClass === 64 ? LAYOUT64 : LAYOUT32;
  const out: Output[] = object.sections
    .filter(
      (section) =>
        section.type !== C.SHT_REL &&
        section.type !== C.SHT_RELA &&
        section.type !== C.SHT_SYMTAB &&
        section.type !== C.SHT_STRTAB,
    )
    .map(plain);
  const indexOf = new Map<number, number>(out.map((section, index) => [section.from, index]));
  const relocated = out.filter((section) => section.relocations.length > 0);
  const symtab = out.length + relocated.length;
  for (const section of relocated) {
    const explicit = section.relocations.some((relocation) => relocation.addend !== undefined);
    out.push({
      ...plainOf(
        (explicit ? '.rela' : '.rel') + section.name,
        explicit ? C.SHT_RELA : C.SHT_REL,
        relocationBytes(layout, section, explicit),
        layout.word,
      ),
      flags: C.SHF_INFO_LINK,
      entsize: explicit ? layout.rela : layout.rel,
      link: symtab,
      info: indexOf.get(section.from) ?? 0,
    });
  }
  const strings = new StringTable();
  const symbols = symbolBytes(layout, object, strings, indexOf);
  const firstGlobal = object.symbols.findIndex((symbol) => symbol.bind !== C.STB_LOCAL);
  out.push({
    ...plainOf('.symtab', C.SHT_SYMTAB, symbols, layout.word),
    entsize: layout.symbol,
    link: symtab + 1,
    info: firstGlobal < 0 ? object.symbols.length : firstGlobal,
  });
  out.push(plainOf('.strtab', C.SHT_STRTAB, strings.bytes(), 1));
  const names = new StringTable();
  const nameOffsets = out.map((section) => names.add(section.name));
  nameOffsets.push(names.add('.shstrtab'));
  out.push(plainOf('.shstrtab', C.SHT_STRTAB, names.bytes(), 1));
  return assemble(layout, object, out, nameOffsets);
}

interface Output extends Omit<ElfSection, 'index'> {
  /** Index in the input, or -1. */
  readonly from: number;
}

function plain(section: ElfSection): Output {
  return { ...section, from: section.index };
}

function plainOf(name: string, type: number, data: Uint8Array, align: number): Output {
  return { name, type, flags: 0, size: data.length, data, align, entsize: 0, link: 0, info: 0, relocations: [], from: -1 };
}

/** Names, each once, after the empty one. */
class StringTable {
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
  if (layout.word === 4) view.setUint32(offset, value, true);
  else view.setBigUint64(offset, BigInt(value), true);
}

function relocationBytes(layout: Layout, section: Output, explicit: boolean): Uint8Array {
  const entry = explicit ? layout.rela : layout.rel;
  const bytes = new Uint8Array(entry * section.relocations.length);
  const view = new DataView(bytes.buffer);
  section.relocations.forEach((relocation, index) => {
    const base = index * entry;
    setWord(view, base, relocation.offset, layout);
    if (layout.word === 4) view.setUint32(base + 4, ((relocation.symbol << 8) | relocation.type) >>> 0, true);
    else {
      view.setUint32(base + 8, relocation.type, true);
      view.setUint32(base + 12, relocation.symbol, true);
    }
    if (!explicit) return;
    if (layout.word === 4) view.setInt32(base + 8, relocation.addend ?? 0, true);
    else view.setBigInt64(base + 16, BigInt(relocation.addend ?? 0), true);
  });
  return bytes;
}

function symbolBytes(layout: Layout, object: ElfObject, strings: StringTable, indexOf: ReadonlyMap<number, number>): Uint8Array {
  const bytes = new Uint8Array(layout.symbol * object.symbols.length);
  const view = new DataView(bytes.buffer);
  object.symbols.forEach((symbol, index) => {
    const base = index * layout.symbol;
    const section = symbol.section >= C.SHN_LORESERVE ? symbol.section : (indexOf.get(symbol.section) ?? C.SHN_UNDEF);
    const wide = layout.word === 8;
    view.setUint32(base, strings.add(symbol.name), true);
    view.setUint8(base + (wide ? 4 : 12), (symbol.bind << 4) | symbol.type);
    view.setUint8(base + (wide ? 5 : 13), symbol.visibility);
    view.setUint16(base + (wide ? 6 : 14), section, true);
    setWord(view, base + (wide ? 8 : 4), symbol.value, layout);
    setWord(view, base + (wide ? 16 : 8), symbol.size, layout);
  });
  return bytes;
}

function assemble(layout: Layout, object: ElfObject, out: readonly Output[], nameOffsets: readonly number[]): Uint8Array {
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
  const at = headerOffsets(layout);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, layout.word === 8 ? C.ELFCLASS64 : C.ELFCLASS32, C.ELFDATA2LSB, C.EV_CURRENT]);
  view.setUint16(16, C.ET_REL, true);
  view.setUint16(18, object.machine, true);
  view.setUint32(20, C.EV_CURRENT, true);
  setWord(view, at.shoff, table, layout);
  view.setUint32(at.flags, object.flags, true);
  view.setUint16(at.ehsize, layout.header, true);
  view.setUint16(at.ehsize + 6, layout.sectionHeader, true);
  view.setUint16(at.ehsize + 8, out.length, true);
  view.setUint16(at.ehsize + 10, out.length - 1, true);
  out.forEach((section, index) => {
    const offset = offsets[index] ?? 0;
    if (section.type !== C.SHT_NOBITS) bytes.set(section.data, offset);
    const base = table + index * layout.sectionHeader;
    const w = layout.word;
    view.setUint32(base, nameOffsets[index] ?? 0, true);
    view.setUint32(base + 4, section.type, true);
    setWord(view, base + 8, section.flags, layout);
    setWord(view, base + 8 + 2 * w, offset, layout);
    setWord(view, base + 8 + 3 * w, section.type === C.SHT_NOBITS ? section.size : section.data.length, layout);
    view.setUint32(base + 8 + 4 * w, section.link, true);
    view.setUint32(base + 12 + 4 * w, section.info, true);
    setWord(view, base + 16 + 4 * w, section.align, layout);
    setWord(view, base + 16 + 5 * w, section.entsize, layout);
  });
  return bytes;
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
