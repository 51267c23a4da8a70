import * as C from './constants.ts';
import type { Layout } from './layout.ts';
import type { ElfSymbol } from './object.ts';
import { sectionNumber, type SectionHeader } from './section-headers.ts';
import type { Source } from './source.ts';
import type { StringTable } from './string-table.ts';
import { View } from './view.ts';

/** Reads the symbol table (gABI, "Symbol Table"). `extended`: contents of the SHT_SYMTAB_SHNDX section that goes with it. */
export function readSymbols(
  source: Source,
  layout: Layout,
  header: SectionHeader,
  extended: Uint8Array | undefined,
  names: StringTable,
  sections: number,
): ElfSymbol[] {
  if (header.entsize !== layout.symbol || header.size % layout.symbol !== 0)
    source.malformed('The symbol table has an impossible entry size.', header.entsize);
  const table = new View(source.contents(header, 'symbol table'));
  const numbers = extended && new View(extended);
  const wide = layout.word === 8;
  const at = wide
    ? { info: 4, other: 5, section: 6, value: 8, size: 16 }
    : { info: 12, other: 13, section: 14, value: 4, size: 8 };
  const symbols: ElfSymbol[] = [];
  let file: string | undefined;
  for (let index = 0; index * layout.symbol < table.length; index++) {
    const base = index * layout.symbol;
    const name = source.named(names.name(table.u32(base) ?? 0), `symbol ${index}`);
    const section = sectionNumber(table.u16(base + at.section) ?? 0, numbers?.u32(index * 4));
    if (section === undefined || (section >= sections && section < C.SHN_LORESERVE))
      return source.malformed(`Symbol ${index} is in a section that does not exist.`, section);
    const info = table.u8(base + at.info) ?? 0;
    const bind = info >> 4;
    const type = info & 15;
    const value =
      section === C.SHN_ABS ? table.signedWord(base + at.value, layout.word) : table.word(base + at.value, layout.word);
    const size = table.word(base + at.size, layout.word);
    if (value === undefined || size === undefined) return source.malformed(`Symbol ${index} has an impossible value or size.`);
    if (type === C.STT_FILE) file = name;
    symbols.push({
      index,
      name,
      section,
      bind,
      type,
      visibility: (table.u8(base + at.other) ?? 0) & 3,
      value,
      size,
      file: bind === C.STB_LOCAL ? file : undefined,
    });
  }
  return symbols;
}
