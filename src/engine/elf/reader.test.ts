import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureObject, OBJECT_PAIRS } from '../../../tests/fixtures/objects.ts';
import { R_386_PC32, SHT_NOBITS, SHT_PROGBITS, SHT_SYMTAB } from './constants.ts';
import { readElf } from './reader.ts';
import { writeElf } from './writer.ts';

const sample = fixtureObject('sites', 'pre');

function edited(offset: number, ...bytes: number[]): Uint8Array {
  const copy = sample.slice();
  copy.set(bytes, offset);
  return copy;
}

describe('readElf', () => {
  it('reads sections, symbols and relocations of a compiled object', () => {
    const object = readElf(fixtureObject('callee', 'pre'));
    if (!object.ok) throw new Error(object.message);
    const text = object.value.sections.find((section) => section.name === '.text.caller');
    expect(text?.relocations).toHaveLength(1);
    const [call] = text?.relocations ?? [];
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

  it('refuses sections that lie on top of each other, before it copies the file once for each', () => {
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

  it('refuses an object cut short at any byte', () => {
    for (let length = 0; length < sample.length; length++) expect(readElf(sample.subarray(0, length)).ok).toBe(false);
  });

  it('never reads outside of what it is given, whatever bytes are changed', () => {
    // The object lies between bytes that must not show up in any result.
    const guard = 0xa5;
    fc.assert(
      fc.property(
        fc.constantFrom(...OBJECT_PAIRS),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (name, changes, cut) => {
          const source = fixtureObject(name, 'pre');
          const length = cut % 3 === 0 ? cut % (source.length + 1) : source.length;
          const room = new Uint8Array(length + 512).fill(guard);
          const bytes = room.subarray(256, 256 + length);
          bytes.set(source.subarray(0, length));
          for (const [at, value] of changes) if (length > 0) bytes[at % length] = value;
          const before = bytes.slice();
          const object = readElf(bytes);
          expect(bytes).toEqual(before);
          if (!object.ok) {
            expect(object.code).toMatch(/^elf_/);
            return;
          }
          const total = object.value.sections.reduce((sum, section) => sum + section.data.length, 0);
          expect(total).toBeLessThanOrEqual(3 * length);
          for (const section of object.value.sections) {
            for (const { offset, symbol } of section.relocations) {
              expect(offset).toBeLessThan(section.size);
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
  it.each(OBJECT_PAIRS)('writes %s back so that it reads the same', (name) => {
    const first = readElf(fixtureObject(name, 'post'));
    if (!first.ok) throw new Error(first.message);
    const second = readElf(writeElf(first.value));
    if (!second.ok) throw new Error(second.message);
    const plain = (object: typeof first.value) => ({
      sections: object.sections
        .filter((section) => !/^\.(rel|symtab|strtab|shstrtab)/.test(section.name))
        .map(({ name: title, type, flags, size, data, align, relocations }) => ({
          title,
          type,
          flags,
          size,
          data,
          align,
          relocations,
        })),
      symbols: object.symbols.map(({ name: title, value, size, bind, type, section }) => ({
        title,
        value,
        size,
        bind,
        type,
        in: object.sections[section]?.name ?? section,
      })),
    });
    expect(plain(second.value)).toEqual(plain(first.value));
  });

  it('writes what it wrote once more byte for byte', () => {
    const object = readElf(sample);
    if (!object.ok) throw new Error(object.message);
    const once = writeElf(object.value);
    const again = readElf(once);
    if (!again.ok) throw new Error(again.message);
    expect(writeElf(again.value)).toEqual(once);
    expect(again.value.sections.filter((section) => section.type === SHT_SYMTAB)).toHaveLength(1);
  });
});
