import type { MatchedSection } from './trace-view.ts';

/** A field of tiles, one for each matched section, as one SVG path per kind. */
export interface TileField {
  readonly width: number;
  readonly height: number;
  readonly kinds: readonly { readonly kind: string; readonly count: number; readonly bytes: number; readonly path: string }[];
}

/** Pixels from one tile to the next. */
const PITCH = 9;
const ORDER = ['text', 'rodata', 'string', 'data'];

/** Shapes differ, so that the kinds can be told apart without colour. All fit a 7 by 7 square. */
function tile(kind: string, x: number, y: number): string {
  switch (kind) {
    case 'text':
      return `M${x} ${y}h7v7h-7z`;
    case 'rodata':
      return `M${x} ${y}h7v7h-7zM${x + 1.5} ${y + 1.5}v4h4v-4z`;
    case 'string':
      return `M${x + 3.5} ${y + 1.2}l2.3 2.3-2.3 2.3-2.3-2.3z`;
    default:
      return `M${x} ${y + 3}h7v3h-7z`;
  }
}

/** Lays the sections out in rows as wide as `width` pixels allow, in the order in which they were matched. */
export function tileField(sections: readonly MatchedSection[], width: number): TileField {
  const columns = Math.max(1, Math.floor(width / PITCH));
  const kinds = new Map(ORDER.map((kind) => [kind, { kind, count: 0, bytes: 0, path: '' }]));
  sections.forEach((section, index) => {
    const entry = kinds.get(section.kind) ?? { kind: section.kind, count: 0, bytes: 0, path: '' };
    kinds.set(section.kind, entry);
    entry.count += 1;
    entry.bytes += section.size;
    entry.path += tile(section.kind, (index % columns) * PITCH, Math.floor(index / columns) * PITCH);
  });
  return {
    width: columns * PITCH,
    height: Math.ceil(sections.length / columns) * PITCH,
    kinds: [...kinds.values()].filter((entry) => entry.count > 0),
  };
}
