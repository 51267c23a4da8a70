import { headerOffsets, LAYOUT32, LAYOUT64, type Layout } from '../../src/engine/elf/layout.ts';
import type { Random } from './random.ts';

/** Numbers that programs get wrong: edges of their types, of ELF's ranges, and of the file. */
function numbers(length: number): readonly number[] {
  const edges = [0, 1, 2, 7, 0x7f, 0xff, 0x100, 0x7fff, 0xfeff, 0xff00, 0xfff1, 0xfff2, 0xffff, 0x10000, 0x7fffffff, 0x80000000];
  return [...edges, 0xfffffff0, 0xffffffff, length - 1, length, length + 1, length >> 1];
}

/** One change of some bytes; a result may be of another length. */
export type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const flip: Mutation = (bytes, random) => {
  for (let n = 1 + random.below(16); n > 0; n--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));

const extend: Mutation = (bytes, random) => {
  const longer = new Uint8Array(bytes.length + 1 + random.below(4096));
  longer.set(bytes);
  longer.fill(random.below(256), bytes.length);
  return longer;
};

const splice: Mutation = (bytes, random) => {
  const length = 1 + random.below(Math.min(256, bytes.length));
  const from = random.below(bytes.length - length + 1);
  bytes.copyWithin(random.below(bytes.length - length + 1), from, from + length);
  return bytes;
};

const poke: Mutation = (bytes, random) => {
  put(bytes, random.below(bytes.length), random.of([1, 2, 4, 8]), random.of(numbers(bytes.length)));
  return bytes;
};

/** Changes that any file can suffer. */
export const ANY_FILE: readonly Mutation[] = [flip, truncate, extend, splice, poke];

/** Field of a section header: offset in words and in halves (32 bits) from its start, and whether it is a word. */
const FIELDS = ['name', 'type', 'flags', 'offset', 'size', 'link', 'info', 'align', 'entsize'] as const;
type FieldName = (typeof FIELDS)[number];

interface Headers {
  readonly layout: Layout;
  readonly start: number;
  readonly count: number;
}

/** Where the section headers are; undefined if the file is so broken by now that they cannot be found. */
function headersOf(bytes: Uint8Array): Headers | undefined {
  if (bytes.length < 64) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = bytes[4] === 2 ? LAYOUT64 : LAYOUT32;
  const at = headerOffsets(layout);
  const start = view.getUint32(at.shoff, true);
  const count = view.getUint16(at.ehsize + 8, true);
  return count > 0 && start + count * layout.sectionHeader <= bytes.length ? { layout, start, count } : undefined;
}

function fieldAt({ layout, start }: Headers, index: number, name: FieldName): { at: number; size: number } {
  const w = layout.word;
  const base = start + index * layout.sectionHeader;
  const at = {
    name: 0,
    type: 4,
    flags: 8,
    offset: 8 + 2 * w,
    size: 8 + 3 * w,
    link: 8 + 4 * w,
    info: 12 + 4 * w,
    align: 16 + 4 * w,
  };
  const halves: readonly FieldName[] = ['name', 'type', 'link', 'info'];
  return { at: base + (name === 'entsize' ? 16 + 5 * w : at[name]), size: halves.includes(name) ? 4 : w };
}

function get(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}

function put(bytes: Uint8Array, at: number, size: number, value: number): void {
  let rest = value;
  for (let i = 0; i < size && at + i < bytes.length; i++, rest = Math.floor(rest / 256)) bytes[at + i] = rest & 0xff;
}

function onHeaders(change: (bytes: Uint8Array, headers: Headers, random: Random) => void): Mutation {
  return (bytes, random) => {
    const headers = headersOf(bytes);
    if (!headers) return flip(bytes, random);
    change(bytes, headers, random);
    return bytes;
  };
}

function set(bytes: Uint8Array, headers: Headers, index: number, name: FieldName, value: number): void {
  const { at, size } = fieldAt(headers, index, name);
  put(bytes, at, size, value);
}

/** Any field of any section header gets a bad number. */
const header = onHeaders((bytes, headers, random) => {
  set(bytes, headers, random.below(headers.count), random.of(FIELDS), random.of(numbers(bytes.length)));
});

/** A section lies where another does, or around it. */
const overlap = onHeaders((bytes, headers, random) => {
  const [a, b] = [random.below(headers.count), random.below(headers.count)];
  const offset = get(bytes, fieldAt(headers, b, 'offset').at);
  set(bytes, headers, a, 'offset', Math.max(0, offset - random.below(64)));
  set(bytes, headers, a, 'size', get(bytes, fieldAt(headers, b, 'size').at) + random.below(64));
});

/** Offset and size add up to more than their type can hold. */
const wrap = onHeaders((bytes, headers, random) => {
  const index = random.below(headers.count);
  const { at, size } = fieldAt(headers, index, 'offset');
  bytes.fill(0xff, at, at + size);
  put(bytes, at, 1, random.below(256));
  set(bytes, headers, index, 'size', random.below(0x400));
});

/** Links lead around in a circle: a table of names of a table of names, relocations of relocations. */
const circle = onHeaders((bytes, headers, random) => {
  const [a, b] = [random.below(headers.count), random.below(headers.count)];
  for (const name of ['link', 'info'] as const) {
    set(bytes, headers, a, name, b);
    set(bytes, headers, b, name, a);
  }
});

/** One section of a kind that is there once, or should not be there at all. */
const retype = onHeaders((bytes, headers, random) => {
  set(bytes, headers, random.below(headers.count), 'type', random.of([0, 1, 2, 3, 4, 8, 9, 17, 18, 0x6fff4c03]));
});

/** Two headers change places: every number that leads to one now leads to the other. */
const exchange = onHeaders((bytes, headers, random) => {
  const size = headers.layout.sectionHeader;
  const [a, b] = [random.below(headers.count), random.below(headers.count)].map((index) => headers.start + index * size);
  if (a === undefined || b === undefined) return;
  const kept = bytes.slice(a, a + size);
  bytes.copyWithin(a, b, b + size);
  bytes.set(kept, b);
});

/** The header promises other numbers of sections, or has them in the first section header. */
const count: Mutation = (bytes, random) => {
  const headers = headersOf(bytes);
  if (!headers) return flip(bytes, random);
  const { ehsize } = headerOffsets(headers.layout);
  put(bytes, ehsize + random.of([6, 8, 10]), 2, random.of([0, 1, 0xff00, 0xfffe, 0xffff]));
  set(bytes, headers, 0, random.of(['size', 'link'] as const), random.of(numbers(bytes.length)));
  return bytes;
};

/** Contents of one section change in a way that fits its entries: symbols, relocations, table entries. */
const entry = onHeaders((bytes, headers, random) => {
  const index = random.below(headers.count);
  const start = get(bytes, fieldAt(headers, index, 'offset').at);
  const size = get(bytes, fieldAt(headers, index, 'size').at);
  if (size === 0 || start + size > bytes.length) return;
  for (let n = 1 + random.below(4); n > 0; n--)
    put(bytes, start + (random.below(size) & ~3), random.of([1, 2, 4, 8]), random.of([...numbers(bytes.length), size, size - 4]));
});

/** Changes that know what an object looks like. */
export const OBJECT: readonly Mutation[] = [header, header, overlap, wrap, circle, retype, exchange, count, entry, entry, entry];

/** A copy of `bytes` with one to four changes. */
export function mutate(bytes: Uint8Array, mutations: readonly Mutation[], random: Random): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let n = 1 + random.below(4); n > 0 && result.length > 0; n--) result = random.of(mutations)(result, random);
  return result;
}
