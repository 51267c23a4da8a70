import * as C from './constants.ts';
import type { Layout } from './layout.ts';
import type { ElfRelocation } from './object.ts';
import { relocationKinds, type RelocationKind } from './relocation-kind.ts';
import type { SectionHeader } from './section-headers.ts';
import type { Source } from './source.ts';
import { View } from './view.ts';

/** Reads the relocations of an object, by the index of the section they apply to (gABI, "Relocation"). */
export function readRelocations(
  source: Source,
  layout: Layout,
  machine: number,
  headers: readonly SectionHeader[],
  symbolCount: number,
): Map<number, ElfRelocation[]> {
  const kinds = relocationKinds(machine);
  const result = new Map<number, ElfRelocation[]>();
  for (const header of headers) {
    if (header.type !== C.SHT_REL && header.type !== C.SHT_RELA) continue;
    const target = headers[header.info];
    if (header.info === 0 || !target)
      return source.malformed('A relocation section applies to a section that does not exist.', header.info);
    const explicit = header.type === C.SHT_RELA;
    const entry = explicit ? layout.rela : layout.rel;
    if (header.entsize !== entry || header.size % entry !== 0)
      source.malformed('A relocation section has an impossible entry size.', header.entsize);
    const list = result.get(header.info) ?? [];
    result.set(header.info, list);
    const bytes = source.contents(header, 'relocations');
    const table = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const fields = new View(source.contents(target, 'relocated section'));
    for (let base = 0; base < bytes.length; base += entry) {
      const { offset, type, symbol } = readEntry(table, base, layout);
      const size = kinds.get(type)?.size;
      if (offset + (size ?? 1) > fields.length)
        return source.malformed('A relocation lies outside of its section.', offset, `below ${fields.length - (size ?? 1)}`);
      if (symbol >= symbolCount)
        source.malformed('A relocation names a symbol that does not exist.', `${symbol} of ${symbolCount}`);
      const addend = explicit ? explicitAddend(table, base, layout) : implicitAddend(fields, offset, size);
      if (addend === undefined) return source.malformed('A relocation has an impossible addend.');
      list.push({ offset, type, symbol, addend });
    }
  }
  for (const list of result.values()) {
    list.sort((a, b) => a.offset - b.offset);
    checkFields(source, kinds, list);
  }
  return result;
}

/**
 * Several relocations of one field would have to be composed (gABI, "Relocation"), which no x86 ABI uses and the kernel's loader does not do. Where
 * the fields overlap, a small file would also stand for any number of them.
 */
function checkFields(source: Source, kinds: ReadonlyMap<number, RelocationKind>, list: readonly ElfRelocation[]): void {
  let end = 0;
  for (const { offset, type } of list) {
    const size = kinds.get(type)?.size ?? 1;
    if (size === 0) continue;
    if (offset < end) source.malformed('Two relocations apply to the same bytes.', offset);
    end = offset + size;
  }
}

/** r_offset and r_info: symbol and type in 24 and 8 bits, or in 32 each. */
function readEntry(table: DataView, base: number, layout: Layout): { offset: number; type: number; symbol: number } {
  const offset = table.getUint32(base, true);
  if (layout.word === 4) {
    const info = table.getUint32(base + 4, true);
    return { offset, type: info & 0xff, symbol: info >>> 8 };
  }
  const high = table.getUint32(base + 4, true);
  return { offset: high * 2 ** 32 + offset, type: table.getUint32(base + 8, true), symbol: table.getUint32(base + 12, true) };
}

function explicitAddend(table: DataView, base: number, layout: Layout): number | undefined {
  if (layout.word === 4) return table.getInt32(base + 8, true);
  const addend = table.getInt32(base + 20, true) * 2 ** 32 + table.getUint32(base + 16, true);
  return Number.isSafeInteger(addend) ? addend : undefined;
}

function implicitAddend(fields: View, offset: number, size: 0 | 1 | 2 | 4 | 8 | undefined): number | undefined {
  return size === undefined || size === 0 ? 0 : fields.signed(offset, size);
}
