import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureObject, OBJECT_PAIRS, X86_64_PAIRS } from '../../../tests/fixtures/objects.ts';
import {
  EM_386,
  EM_X86_64,
  R_386_PC32,
  SHF_LINK_ORDER,
  SHN_ABS,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB,
  STT_FILE,
  STT_FUNC,
} from './constants.ts';
import type { ElfObject, ElfSection, ElfSymbol } from './object.ts';
import { readElf } from './reader.ts';
import { writeElf } from './writer.ts';

const sample = fixtureObject('sites', 'pre');

const MACHINES = [EM_386, EM_X86_64];

function read(bytes: Uint8Array): ElfObject {
  const object = readElf(bytes, { machines: MACHINES });
  if (!object.ok) throw new Error(`${object.message} ${object.found ?? ''}`);
  return object.value;
}

function section(object: ElfObject, name: string): ElfSection {
  const found = object.sections.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no section ${name}`);
  return found;
}

function edited(offset: number, ...bytes: number[]): Uint8Array {
  const copy = sample.slice();
  copy.set(bytes, offset);
  return copy;
}

describe('readElf', () => {
  it('reads sections, symbols and relocations of a compiled object', () => {
    const object = readElf(fixtureObject('callee', 'pre'));
    if (!object.ok) throw new Error(object.message);
    const text = section(object.value, '.text.caller');
    expect(text.relocations).toHaveLength(1);
    const [call] = text.relocations;
    expect(call?.type).toBe(R_386_PC32);
    expect(object.value.symbols[call?.symbol ?? 0]?.name).toBe('helper');
  });

  it.each([
    ['nothing', new Uint8Array(0), 'elf_truncated'],
    ['text', new TextEncoder().encode('int main(void) {}'), 'elf_not_elf'],
    ['an x86-64 object', edited(18, 62, 0), 'elf_foreign'],
    ['a 64-bit class on an i386 machine', edited(4, 2), 'elf_foreign'],
    ['a big-endian object', edited(5, 2), 'elf_foreign'],
    ['a program', edited(16, 2, 0), 'elf_not_relocatable'],
    ['a section table without entries', edited(48, 0, 0), 'elf_malformed'],
    ['a section table past the end', edited(32, 0xff, 0xff, 0xff, 0x7f), 'elf_truncated'],
  ])('refuses %s', (_what, bytes, code) => {
    expect(readElf(bytes, { name: 'x.o' })).toMatchObject({ ok: false, code, where: 'x.o' });
  });

  it('refuses sections that lie on top of each other: a small file would stand for any amount of work', () => {
    const bytes = sample.slice();
    const view = new DataView(bytes.buffer);
    const count = view.getUint16(48, true);
    for (let header = view.getUint32(32, true), i = 0; i < count; i++, header += 40) {
      if (view.getUint32(header + 4, true) !== SHT_PROGBITS) continue;
      view.setUint32(header + 16, 0, true);
      view.setUint32(header + 20, bytes.length, true);
    }
    expect(readElf(bytes)).toMatchObject({
      ok: false,
      code: 'elf_malformed',
      message: expect.stringContaining('overlap') as string,
    });
  });

  it('refuses a section without contents that claims more memory than a kernel object has', () => {
    const bytes = sample.slice();
    const view = new DataView(bytes.buffer);
    const count = view.getUint16(48, true);
    for (let header = view.getUint32(32, true), i = 0; i < count; i++, header += 40) {
      if (view.getUint32(header + 4, true) === SHT_NOBITS) view.setUint32(header + 20, 0xf0000000, true);
    }
    expect(readElf(bytes)).toMatchObject({ ok: false, code: 'elf_too_large' });
  });

  it.each([
    ['callee', '.text.caller', -4],
    ['gcc/callee', '.text.caller', -4],
    ['switch', '.rodata.choose', 0x40],
  ])('reads the addend of %s from the field or the entry', (name, where, addend) => {
    expect(section(read(fixtureObject(name, 'pre')), where).relocations[0]?.addend).toBe(addend);
  });

  it('reads addends of every size, signed', () => {
    const object = read(sample);
    const data = Uint8Array.of(0xfe, 0xff, 0xfe, 0xfd, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0);
    const relocations = [23, 21, 1, 1].map((type, index) => ({ offset: [0, 1, 3, 7][index] ?? 0, type, symbol: 1, addend: 0 }));
    const sections = object.sections.map((one) =>
      one.name === '.text.busy' ? { ...one, data, size: data.length, relocations } : one,
    );
    const bytes = writeElf({ ...object, sections });
    const text = section(read(bytes), '.text.busy');
    bytes.set(data, bytes.length - new Uint8Array(bytes.buffer, text.data.byteOffset).length);
    expect(section(read(bytes), '.text.busy').relocations.map((relocation) => relocation.addend)).toEqual([-2, -257, -3, 0x7f]);
  });

  it('copies no section', () => {
    for (const name of [...OBJECT_PAIRS, ...X86_64_PAIRS]) {
      const bytes = fixtureObject(name, 'pre');
      for (const { data } of read(bytes).sections) expect(data.length === 0 || data.buffer === bytes.buffer).toBe(true);
    }
  });

  it('tells which file a local symbol of several is from', () => {
    const { symbols } = read(fixtureObject('gcc/blocks', 'post'));
    const files = symbols.filter((symbol) => symbol.name === 'check' && symbol.type === STT_FUNC).map((symbol) => symbol.file);
    expect(files).toEqual(['block-b.c', 'block-a.c']);
    expect(symbols.find((symbol) => symbol.name === 'first_user')?.file).toBeUndefined();
    expect(symbols.filter((symbol) => symbol.type === STT_FILE && symbol.section === SHN_ABS).length).toBeGreaterThan(1);
  });

  it('refuses two relocations for the same bytes, which no x86 compiler makes', () => {
    const object = read(sample);
    const sections = object.sections.map((one) =>
      one.name === '.text.busy'
        ? { ...one, relocations: [...one.relocations, ...one.relocations].sort((a, b) => a.offset - b.offset) }
        : one,
    );
    expect(readElf(writeElf({ ...object, sections }))).toMatchObject({ ok: false, code: 'elf_malformed' });
  });

  it('refuses symbols that all have the same long name', () => {
    const object = read(sample);
    const [none] = object.symbols;
    const long = 'x'.repeat(4000);
    const symbols = Array.from({ length: 500 }, (_, index) => ({ ...none, index, name: index === 0 ? '' : long }) as ElfSymbol);
    const sections = object.sections.map((one) => ({ ...one, relocations: [] }));
    expect(readElf(writeElf({ ...object, sections, symbols }))).toMatchObject({
      ok: false,
      code: 'elf_malformed',
      message: expect.stringContaining('names') as string,
    });
  });

  it('refuses an object cut short at any byte', () => {
    for (let length = 0; length < sample.length; length++) expect(readElf(sample.subarray(0, length)).ok).toBe(false);
  });

  it('never reads outside of what it is given, whatever bytes are changed', () => {
    // The object lies between bytes that must not show up in any result.
    const guard = 0xa5;
    fc.assert(
      fc.property(
        fc.constantFrom(...OBJECT_PAIRS, ...X86_64_PAIRS),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (name, changes, cut) => {
          const source = fixtureObject(name, 'pre');
          const length = cut % 3 === 0 ? cut % (source.length + 1) : source.length;
          const room = new Uint8Array(length + 512).fill(guard);
          const bytes = room.subarray(256, 256 + length);
          bytes.set(source.subarray(0, length));
          for (const [at, value] of changes) if (length > 0) bytes[at % length] = value;
          const object = readElf(bytes, { machines: MACHINES });
          if (!object.ok) {
            expect(object.code).toMatch(/^elf_/);
            return;
          }
          const total = object.value.sections.reduce((sum, { data }) => sum + data.length, 0);
          expect(total).toBeLessThanOrEqual(length);
          for (const { size, relocations } of object.value.sections) {
            for (const { offset, symbol } of relocations) {
              expect(offset).toBeLessThan(size);
              expect(symbol).toBeLessThan(object.value.symbols.length);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('writeElf', () => {
  it.each([...OBJECT_PAIRS, ...X86_64_PAIRS])('writes %s back so that it reads the same', (name) => {
    const first = read(fixtureObject(name, 'post'));
    const second = read(writeElf(first));
    const made = /^\.(rel|symtab|strtab|shstrtab)/;
    const plain = (object: ElfObject) => ({
      sections: object.sections
        .filter(({ name: title, type }) => !made.test(title) && type !== SHT_GROUP)
        .map(({ name: title, type, flags, size, data, align, entsize, relocations, link }) => ({
          ...{ title, type, flags, size, data, align, entsize, relocations },
          link: object.sections[link]?.name,
        })),
      groups: object.sections.filter(({ type }) => type === SHT_GROUP).map((group) => membersOf(object, group)),
      symbols: object.symbols.map(({ name: title, value, size, bind, type, section: at, file }) => ({
        ...{ title, value, size, bind, type, file },
        in: object.sections[at]?.name ?? at,
      })),
    });
    expect(plain(second)).toEqual(plain(first));
  });

  it('keeps what belongs together together: groups, and sections ordered as another', () => {
    const thunks = read(writeElf(read(fixtureObject('gcc/thunks', 'pre'))));
    const group = thunks.sections.find(({ type }) => type === SHT_GROUP);
    expect(group && membersOf(thunks, group)).toEqual(['.text.my_thunk']);
    expect(thunks.symbols[group?.info ?? 0]?.name).toBe('my_thunk');
    const entries = read(writeElf(read(fixtureObject('clang/entries', 'pre'))));
    const ordered = entries.sections.filter(({ flags }) => (flags & SHF_LINK_ORDER) !== 0);
    expect(ordered.map(({ link }) => entries.sections[link]?.name)).toEqual(['.text.patched', '.text.quiet']);
  });

  it.each([32, 64] as const)('writes and reads more sections than 16 bits can number, of class %i', (elfClass) => {
    const count = 70_000;
    const empty = { flags: 0, size: 0, align: 1, entsize: 0, link: 0, info: 0, relocations: [], data: new Uint8Array(0) };
    const sections = Array.from({ length: count }, (_, index): ElfSection => ({
      ...empty,
      index,
      name: index === 0 ? '' : `.text.f${index}`,
      type: index === 0 ? 0 : SHT_PROGBITS,
    }));
    const last = sections[count - 1];
    if (!last) throw new Error('no last section');
    sections[count - 1] = {
      ...last,
      data: new Uint8Array(8),
      size: 8,
      relocations: [{ offset: 4, type: R_386_PC32, symbol: 2, addend: -4 }],
    };
    const blank = { value: 0, size: 0, bind: 0, type: 0, visibility: 0, file: undefined };
    const symbols: ElfSymbol[] = [0, 0xfff1, count - 1, SHN_ABS].map((at, index) => ({
      ...blank,
      index,
      name: index === 0 ? '' : `s${index}`,
      section: at,
    }));
    const machine = elfClass === 32 ? EM_386 : EM_X86_64;
    const object = read(writeElf({ elfClass, machine, flags: 0, sections, symbols }));
    expect(object.sections[count - 1]).toMatchObject({ name: `.text.f${count - 1}`, size: 8 });
    expect(object.sections[count - 1]?.relocations).toMatchObject([{ offset: 4, symbol: 2, addend: -4 }]);
    expect(object.symbols.map((symbol) => symbol.section)).toEqual([0, 0xfff1, count - 1, SHN_ABS]);
  });

  it('writes what it wrote once more byte for byte', () => {
    const once = writeElf(read(sample));
    const again = read(once);
    expect(writeElf(again)).toEqual(once);
    expect(again.sections.filter(({ type }) => type === SHT_SYMTAB)).toHaveLength(1);
  });
});

/** Names of the sections in a group, without those that hold their relocations: the writer's come last. */
function membersOf(object: ElfObject, group: ElfSection): string[] {
  const view = new DataView(group.data.buffer, group.data.byteOffset, group.data.byteLength);
  return Array.from({ length: group.size / 4 - 1 }, (_, index) => object.sections[view.getUint32(4 + 4 * index, true)])
    .filter((member) => member?.type !== SHT_REL && member?.type !== SHT_RELA)
    .map((member) => member?.name ?? 'nothing');
}
