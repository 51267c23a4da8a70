import { diffObjects } from '../../src/engine/diff/diff.ts';
import { walk } from '../../src/engine/diff/instruction.ts';
import type { ElfSection } from '../../src/engine/elf/object.ts';
import { readElf } from '../../src/engine/elf/reader.ts';
import { View } from '../../src/engine/elf/view.ts';
import { writeElf } from '../../src/engine/elf/writer.ts';
import { SourceTree } from '../../src/engine/toolchain/source-tree.ts';
import { largeObject } from '../fixtures/large-object.ts';
import { must, openPack } from './support.ts';

/** Runs before those that are measured: the engine of Node compiles what it sees often. */
const WARM_UP = 15;
/** Offset of e_shnum in an ELF32 header. */
const E_SHNUM = 48;
const MANY_SECTIONS = 1000;
const SCALES = [1, 2, 4, 8] as const;

/** What the differ takes: `add` gets one value per run. */
export async function benchDiff(runs: number, add: (name: string, unit: 'ms' | '×', value: number) => void): Promise<void> {
  const { path, pre } = await largestUnit();
  const post = withChange(pre);
  const name = `diff (${path}, ${kilobytes(pre)})`;
  for (const milliseconds of repeated(runs, () => must(diffObjects(pre, post, { objectPath: path }))))
    add(name, 'ms', milliseconds);
  const best = SCALES.map((scale) => {
    const [before, after] = [largeObject(scale, 'pre'), largeObject(scale, 'post')];
    const times = repeated(runs, () => must(diffObjects(before, after, { objectPath: 'large.o' })));
    for (const milliseconds of times) add(`diff (x86-64, ${kilobytes(before)})`, 'ms', milliseconds);
    return Math.min(...times);
  });
  SCALES.slice(1).forEach((scale, index) => {
    add(`diff: ${scale} times the input of ${scale / 2}`, '×', (best[index + 1] ?? 0) / (best[index] ?? 1));
  });
}

function repeated(runs: number, step: () => unknown): number[] {
  for (let run = 0; run < WARM_UP; run++) step();
  return Array.from({ length: runs }, () => {
    const began = performance.now();
    step();
    return performance.now() - began;
  });
}

function kilobytes(bytes: Uint8Array): string {
  return `${Math.round(bytes.length / 1000)} KB`;
}

/** The largest object of the pack among those of many functions: a table of a megabyte is no work. */
async function largestUnit(): Promise<{ path: string; pre: Uint8Array }> {
  const pack = await openPack();
  const objects = must(SourceTree.open(pack, must(await pack.text('objects')), 'objects.json.gz'));
  const all = [...must(await objects.readMany(objects.paths.filter((path) => path.endsWith('.o'))))];
  const many = all.filter(([, bytes]) => (new View(bytes).u16(E_SHNUM) ?? 0) > MANY_SECTIONS);
  const [path, pre] = many.reduce((largest, other) => (other[1].length > largest[1].length ? other : largest));
  return { path, pre };
}

/** The object with another constant in its largest function. */
function withChange(bytes: Uint8Array): Uint8Array {
  const object = must(readElf(bytes));
  const largest = object.sections
    .filter(({ name }) => name.startsWith('.text'))
    .reduce((a: ElfSection, b: ElfSection) => (b.size > a.size ? b : a));
  const data = largest.data.slice();
  for (const { offset, instruction } of walk(data)) {
    const field = offset + instruction.immediateOffset;
    const fixed = largest.relocations.every((relocation) => relocation.offset + 4 <= field || relocation.offset > field + 3);
    if (instruction.branch || instruction.immediateSize !== 4 || !fixed) continue;
    data[field] = (data[field] ?? 0) ^ 1;
    return writeElf({
      ...object,
      sections: object.sections.map((section) => (section === largest ? { ...section, data } : section)),
    });
  }
  throw new Error(`${largest.name} has no constant`);
}
