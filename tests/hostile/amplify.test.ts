import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { compareObjects } from '../../src/engine/diff/diff.ts';
import * as C from '../../src/engine/elf/constants.ts';
import type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from '../../src/engine/elf/object.ts';
import { writeElf } from '../../src/engine/elf/writer.ts';
import { gzip } from '../../src/engine/update/gzip.ts';
import { readUpdate } from '../../src/engine/update/read.ts';

const SIZE = 1024 * 1024;
const NOTHING: ElfSection = {
  ...{ index: 0, name: '', type: C.SHT_NULL, flags: 0, size: 0, align: 0, entsize: 0, link: 0, info: 0 },
  ...{ data: new Uint8Array(0), relocations: [] },
};
const SYMBOL: ElfSymbol = { index: 0, name: '', value: 0, size: 0, bind: 0, type: 0, visibility: 0, section: 0, file: undefined };

function section(
  name: string,
  data: Uint8Array,
  flags: number,
  relocations: readonly ElfRelocation[] = [],
  entsize = 0,
): ElfSection {
  return { ...NOTHING, index: 1, name, type: C.SHT_PROGBITS, flags, size: data.length, data, align: 1, entsize, relocations };
}

function object(content: ElfSection, symbols: readonly ElfSymbol[] = []): Uint8Array {
  const elf: ElfObject = {
    ...{ elfClass: 32, machine: C.EM_386, flags: 0, sections: [NOTHING, content] },
    symbols: [SYMBOL, { ...SYMBOL, index: 1, type: C.STT_SECTION, section: 1 }, ...symbols],
  };
  return writeElf(elf);
}

const everyWord = (type: number): ElfRelocation[] =>
  Array.from({ length: SIZE / 12 }, (_, index) => ({ offset: index * 4, type, symbol: 1, addend: 0 }));

/** Objects of about a megabyte in which each byte stands for as much as it can. */
const OBJECTS: readonly (readonly [string, () => Uint8Array])[] = [
  ['a million empty strings', () => object(section('.rodata.str1.1', new Uint8Array(SIZE), C.SHF_MERGE | C.SHF_STRINGS, [], 1))],
  ['half a million constants', () => object(section('.rodata.cst2', new Uint8Array(SIZE), C.SHF_MERGE, [], 2))],
  ['nothing but pointers', () => object(section('.data.all', new Uint8Array(SIZE / 3), C.SHF_WRITE, everyWord(C.R_386_32)))],
  ['nothing but relocations of an unknown type', () => object(section('.data.all', new Uint8Array(SIZE / 3), 0, everyWord(99)))],
  [
    'code that is nothing but branches',
    () => {
      const code = Uint8Array.from({ length: SIZE / 2 }, (_, index) => (index % 5 === 0 ? 0xe8 : 0x7f));
      const at = (value: number, index: number) => ({ ...SYMBOL, index, name: `f${index}`, value, type: C.STT_FUNC, section: 1 });
      return object(section('.text', code, C.SHF_EXECINSTR), [at(0, 2), at(SIZE / 4, 3)]);
    },
  ],
  [
    'a symbol for each byte',
    () =>
      object(
        section('.text', new Uint8Array(SIZE / 32).fill(0x90), C.SHF_EXECINSTR),
        Array.from({ length: SIZE / 32 }, (_, at) => ({
          ...SYMBOL,
          ...{ index: at + 2, name: `s${at}`, value: at, size: 1, type: C.STT_FUNC, section: 1 },
        })),
      ),
  ],
  [
    'functions inside of functions',
    () =>
      object(
        section('.text', new Uint8Array(SIZE / 32).fill(0x90), C.SHF_EXECINSTR),
        Array.from({ length: SIZE / 32 }, (_, at) => ({
          ...SYMBOL,
          ...{ index: at + 2, name: 'same', value: at, size: SIZE, type: C.STT_FUNC, section: 1 },
        })),
      ),
  ],
  [
    'variables of one name, each with its number',
    () =>
      object(
        section('.data', new Uint8Array(SIZE / 32), C.SHF_WRITE),
        Array.from({ length: SIZE / 64 }, (_, at) => ({
          ...SYMBOL,
          ...{ index: at + 2, name: `count.${at}`, value: at * 2, size: 2, type: C.STT_OBJECT, section: 1 },
        })),
      ),
  ],
];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('large objects made to cost much', () => {
  it.each(OBJECTS)('%s: at most a second and 20 times the input', (_what, make) => {
    const [pre, post] = [make(), make()];
    const size = pre.length + post.length;
    // Another byte where it changes nothing, so that the two are not the same file.
    post[9] = 1;
    const before = used();
    const time = process.cpuUsage();
    const result = compareObjects(pre, post, { objectPath: 'a.o' });
    const milliseconds = process.cpuUsage(time).user / 1000;
    const taken = used() - before;
    expect(result.ok || result.code).toBeTruthy();
    expect(taken).toBeLessThan(20 * size);
    expect(milliseconds).toBeLessThan(1000 * Math.max(1, size / SIZE));
  });
});

describe('archives made to grow', () => {
  it('refuses one that claims to hold more than an update of its size can', () => {
    const bomb = gzip(new Uint8Array(32 * SIZE), 0);
    expect(bomb.length).toBeLessThan(SIZE / 16);
    expect(readUpdate(bomb)).toMatchObject({ ok: false, code: 'bad_gzip', message: expect.stringContaining('claims') as string });
  });
});
