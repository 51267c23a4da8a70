/** Sizes and field offsets of the on-disk structures, for both classes. All are little endian. */
export interface Layout {
  readonly word: 4 | 8;
  readonly header: number;
  readonly sectionHeader: number;
  readonly symbol: number;
  readonly rel: number;
  readonly rela: number;
}

export const LAYOUT32: Layout = { word: 4, header: 52, sectionHeader: 40, symbol: 16, rel: 8, rela: 12 };
export const LAYOUT64: Layout = { word: 8, header: 64, sectionHeader: 64, symbol: 24, rel: 16, rela: 24 };

/** Offset of e_shoff, and of the 16-bit fields after e_flags. */
export function headerOffsets(layout: Layout): { shoff: number; flags: number; ehsize: number } {
  const shoff = 24 + 2 * layout.word;
  const flags = shoff + layout.word;
  return { shoff, flags, ehsize: flags + 4 };
}
