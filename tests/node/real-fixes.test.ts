import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compilerCount } from '../../src/cli/gcc.ts';
import { preferPlainCode } from '../../src/cli/toolchain.ts';
import { parsePatch } from '../../src/engine/patch/parse.ts';
import type { KernelPack } from '../../src/engine/pipeline/pack.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { openBuilder, type Builder } from '../corpus/files/build.ts';
import { comparePair } from '../corpus/files/compare.ts';
import { filePatch, readFileCorpus } from '../corpus/files/files.ts';
import { must, openPack } from './support.ts';

/* What the differ says to real changes is what somebody who read them says. `npm run corpus` compares all files; this is a sample. */

const { kernel, files } = readFileCorpus();
const sample = files.filter((entry) => entry.sample);

let pack: KernelPack;
let builder: Builder;

beforeAll(async () => {
  // Each unit is compiled once: code that the engine does not optimise is ready sooner.
  preferPlainCode();
  pack = await openPack();
  builder = await openBuilder(pack, compilerCount());
});

afterAll(() => builder.close());

test('there is one patch for each file, of that file and the headers it needs', () => {
  expect(pack.manifest.id).toBe(kernel);
  const patches = readdirSync(join(ROOT, 'tests/corpus/files/patches'), { recursive: true, encoding: 'utf8' });
  const names = files.map(({ file }) => `${file}.patch`);
  expect(patches.filter((name) => name.endsWith('.patch')).sort()).toEqual(names.sort());
  for (const entry of files) {
    const changed = must(parsePatch(filePatch(entry))).files.map(({ newName }) => newName.path);
    expect(changed).toEqual([entry.file, ...entry.headers].map((path) => `b/${path}`));
  }
});

test('the sample has 12 files, of every verdict', () => {
  expect(sample).toHaveLength(12);
  expect(new Set(sample.map(({ verdict }) => verdict))).toEqual(new Set(files.map(({ verdict }) => verdict)));
});

describe('the answer to a real change is what a reader of it says', () => {
  test.concurrent.each(sample)('$file: $verdict', async (entry) => {
    const compared = await comparePair(pack, builder.kernel, entry, must(await builder.build(entry.file, filePatch(entry))));
    expect(compared.problems).toEqual([]);
  });
});
