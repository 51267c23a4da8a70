import { EM_386, EM_X86_64 } from './constants.ts';

/** What a type of relocation means, from the tables of relocation types in the psABIs (i386 §4.4.1, x86-64 §4.4.1). */
export interface RelocationKind {
  /** Without its `R_386_` or `R_X86_64_`. */
  readonly name: string;
  /** Bytes of the field; 0 if there is none. */
  readonly size: 0 | 1 | 2 | 4 | 8;
  /**
   * What the field gets: S + A (`address`), the same minus the field's own place (`distance`), the place of the symbol's entry in the global offset
   * table (`got`), or something that a kernel object does not ask for.
   */
  readonly value: 'nothing' | 'address' | 'distance' | 'got' | 'other';
  /** Whether the field is read as a signed number when the processor or a table's reader widens it. */
  readonly signed: boolean;
}

type Row = readonly [type: number, name: string, size: RelocationKind['size'], value: RelocationKind['value'], signed?: 'signed'];

/** L + A - P of a PLT32 is S + A - P in a kernel: it has no procedure linkage table, so the two mean the same to the same function. */
const I386: readonly Row[] = [
  [0, 'NONE', 0, 'nothing'],
  [1, '32', 4, 'address'],
  [2, 'PC32', 4, 'distance', 'signed'],
  [3, 'GOT32', 4, 'other', 'signed'],
  [4, 'PLT32', 4, 'distance', 'signed'],
  [9, 'GOTOFF', 4, 'other', 'signed'],
  [10, 'GOTPC', 4, 'other', 'signed'],
  [20, '16', 2, 'address'],
  [21, 'PC16', 2, 'distance', 'signed'],
  [22, '8', 1, 'address'],
  [23, 'PC8', 1, 'distance', 'signed'],
  [38, 'SIZE32', 4, 'other'],
  [43, 'GOT32X', 4, 'other', 'signed'],
];

const X86_64: readonly Row[] = [
  [0, 'NONE', 0, 'nothing'],
  [1, '64', 8, 'address'],
  [2, 'PC32', 4, 'distance', 'signed'],
  [3, 'GOT32', 4, 'other', 'signed'],
  [4, 'PLT32', 4, 'distance', 'signed'],
  [9, 'GOTPCREL', 4, 'got', 'signed'],
  [10, '32', 4, 'address'],
  [11, '32S', 4, 'address', 'signed'],
  [12, '16', 2, 'address'],
  [13, 'PC16', 2, 'distance', 'signed'],
  [14, '8', 1, 'address', 'signed'],
  [15, 'PC8', 1, 'distance', 'signed'],
  [24, 'PC64', 8, 'distance', 'signed'],
  [25, 'GOTOFF64', 8, 'other', 'signed'],
  [26, 'GOTPC32', 4, 'other', 'signed'],
  [27, 'GOT64', 8, 'other', 'signed'],
  [28, 'GOTPCREL64', 8, 'other', 'signed'],
  [29, 'GOTPC64', 8, 'other', 'signed'],
  [31, 'PLTOFF64', 8, 'other', 'signed'],
  [32, 'SIZE32', 4, 'other'],
  [33, 'SIZE64', 8, 'other'],
  [41, 'GOTPCRELX', 4, 'got', 'signed'],
  [42, 'REX_GOTPCRELX', 4, 'got', 'signed'],
];

function byType(rows: readonly Row[]): ReadonlyMap<number, RelocationKind> {
  return new Map(rows.map(([type, name, size, value, sign]) => [type, { name, size, value, signed: sign !== undefined }]));
}

const MACHINES: ReadonlyMap<number, ReadonlyMap<number, RelocationKind>> = new Map([
  [EM_386, byType(I386)],
  [EM_X86_64, byType(X86_64)],
]);

/** The relocation types of a machine (`EM_386`, `EM_X86_64`) by number. What is not in it is nothing a compiler makes for a kernel. */
export function relocationKinds(machine: number): ReadonlyMap<number, RelocationKind> {
  return MACHINES.get(machine) ?? new Map<number, RelocationKind>();
}
