import * as C from './constants.ts';
import { headerOffsets, type Layout } from './layout.ts';
import { MAX_BYTES, type Source } from './source.ts';
import { View } from './view.ts';

/** The kernel aligns to 4 MiB at most. */
const MAX_ALIGN = 4 * 1024 * 1024;
/** SHN_LORESERVE as the file holds it, and SHN_XINDEX: the number is elsewhere. */
const FILE_LORESERVE = 0xff00;
const FILE_XINDEX = 0xffff;

export interface SectionHeader {
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entsize: number;
}

/**
 * Reads and checks the section header table. With 65,280 sections or more, e_shnum is 0 and the count is the sh_size of section 0; the index of the
 * name table is then its sh_link (gABI, "ELF Header", e_shnum and e_shstrndx).
 */
export function readSectionHeaders(source: Source, layout: Layout): { headers: SectionHeader[]; nameTable: number } {
  const { view } = source;
  const at = headerOffsets(layout);
  const offset = view.word(at.shoff, layout.word);
  const entrySize = view.u16(at.ehsize + 6) ?? 0;
  if (offset === undefined) return source.malformed('The section table is farther away than a file can be long.');
  if (entrySize !== layout.sectionHeader)
    source.malformed('Section headers have an impossible size.', entrySize, `${layout.sectionHeader}`);
  const first = (): SectionHeader =>
    view.has(offset, entrySize) ? readHeader(source, view, layout, offset) : source.truncated('section table');
  let count = view.u16(at.ehsize + 8) ?? 0;
  if (count === 0 && offset !== 0) count = first().size;
  if (count === 0) source.malformed('The object has no section table.');
  if (!view.has(offset, count * entrySize)) source.truncated('section table');
  let nameTable = view.u16(at.ehsize + 10) ?? 0;
  if (nameTable === FILE_XINDEX) nameTable = first().link;
  if (nameTable >= count) source.malformed('The section name table does not exist.', `section ${nameTable} of ${count}`);
  const table = new View(view.bytes.subarray(offset, offset + count * entrySize));
  const headers: SectionHeader[] = [];
  for (let i = 0; i < count; i++) headers.push(readHeader(source, table, layout, i * entrySize));
  checkExtents(source, headers);
  return { headers, nameTable };
}

function readHeader(source: Source, view: View, layout: Layout, base: number): SectionHeader {
  const w = layout.word;
  // The bytes are there: only a number beyond 2^53 makes these undefined.
  const word = (offset: number): number =>
    view.word(base + offset, w) ?? source.malformed('A section header holds an impossible number.');
  const half = (offset: number): number => view.u32(base + offset) ?? 0;
  const align = word(16 + 4 * w);
  if (align > MAX_ALIGN || (align & (align - 1)) !== 0) source.malformed('A section has an impossible alignment.', align);
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

/** "Sections in a file may not overlap" (gABI, "Sections"): where they do, a small file would stand for any amount of work. */
function checkExtents(source: Source, headers: readonly SectionHeader[]): void {
  let reserved = 0;
  const stored: SectionHeader[] = [];
  for (const [index, header] of headers.entries()) {
    if (header.type === C.SHT_NULL) continue;
    if (header.type !== C.SHT_NOBITS) {
      if (!source.view.has(header.offset, header.size)) source.truncated(`section ${index}`);
      if (header.size > 0) stored.push(header);
      continue;
    }
    reserved += header.size;
    if (reserved > MAX_BYTES)
      source.refuse('elf_too_large', 'The object wants more memory than any kernel object.', {
        expected: `at most ${MAX_BYTES} bytes`,
        found: `${reserved} bytes up to section ${index}`,
      });
  }
  stored.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const header of stored) {
    if (header.offset < end)
      source.refuse('elf_malformed', 'The sections of the object overlap.', { hint: 'Get or compile the object again.' });
    end = header.offset + header.size;
  }
}

/** The section number of a symbol, from its 16 bits and, if these say so, from the entry of the SHT_SYMTAB_SHNDX table beside it. */
export function sectionNumber(short: number, extended: number | undefined): number | undefined {
  if (short === FILE_XINDEX) return extended;
  return short >= FILE_LORESERVE ? short + (C.SHN_LORESERVE - FILE_LORESERVE) : short;
}
