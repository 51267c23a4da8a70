import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const KERNELS = join(ROOT, 'public/kernels');
const packs = (JSON.parse(readFileSync(join(KERNELS, 'index.json'), 'utf8')) as { kernels: { id: string }[] }).kernels;

interface Unit {
  source: string;
  cc1: number[];
  as: number[];
  deps: number[];
}
interface Units {
  format: number;
  files: string[];
  words: string[];
  units: Record<string, Unit>;
  generated: { output: string; inputs: string[]; how: string; deps?: number[] }[];
}
interface Index {
  format: number;
  chunks: { file: string; size: number; sha256: string; unpacked: number }[];
  files: Record<string, [number, number, number, string?]>;
}

const read = (pack: string, name: string) => readFileSync(join(KERNELS, pack, name));
const json = (pack: string, name: string): unknown => JSON.parse(gunzipSync(read(pack, name)).toString());
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test.each(packs)('$id: units, sources and objects belong together', ({ id }) => {
  const units = json(id, 'units.json.gz') as Units;
  const sources = json(id, 'sources.json.gz') as Index;
  const objects = json(id, 'objects.json.gz') as Index;
  expect(units.format).toBe(2);
  expect(Object.keys(sources.files).sort()).toEqual([...units.files].sort());
  expect(Object.keys(objects.files).sort()).toEqual(Object.keys(units.units).sort());
  expect(Object.keys(units.units).length).toBeGreaterThan(900);
  for (const [object, { source, cc1, as, deps }] of Object.entries(units.units)) {
    expect(units.files[deps[0] ?? -1], object).toBe(source);
    const words = cc1.map((number) => units.words[number]);
    expect(words, object).toContain(source);
    expect(words.concat(as.map((number) => units.words[number])), object).not.toContain(undefined);
    // Where results go is for whoever runs it to say, and nothing outside of the tree is named.
    expect(
      words.filter((word) => word === '-o' || word === '-MMD' || word?.startsWith('/')),
      object,
    ).toEqual([]);
    expect(new Set(deps).size, object).toBe(deps.length);
  }
});

test.each(packs)('$id: every chunk is what its index says, and none is left over', ({ id }) => {
  for (const name of ['sources', 'objects']) {
    const index = json(id, `${name}.json.gz`) as Index;
    const unpacked = index.chunks.map((chunk) => {
      const packed = read(id, chunk.file);
      expect([chunk.file, packed.length, sha256(packed)]).toEqual([chunk.file, chunk.size, chunk.sha256]);
      return gunzipSync(packed);
    });
    expect(unpacked.map((bytes) => bytes.length)).toEqual(index.chunks.map((chunk) => chunk.unpacked));
    expect(readdirSync(join(KERNELS, id, name)).length).toBe(index.chunks.length);
    for (const [path, [chunk, offset, length, hash]] of Object.entries(index.files)) {
      const bytes = unpacked[chunk]?.subarray(offset, offset + length);
      expect(bytes?.length, path).toBe(length);
      if (name === 'objects') expect(sha256(bytes ?? Buffer.alloc(0)), path).toBe(hash);
    }
  }
});

test.each(packs)('$id: compiling kernel/sys.c takes less than 3 MB of sources', ({ id }) => {
  const units = json(id, 'units.json.gz') as Units;
  const sources = json(id, 'sources.json.gz') as Index;
  const paths = units.units['kernel/sys.o']?.deps.map((number) => units.files[number] ?? '') ?? [];
  expect(paths.length).toBeGreaterThan(500);
  const chunks = new Set(paths.map((path) => sources.files[path]?.[0] ?? -1));
  const bytes = [...chunks].reduce((sum, number) => sum + (sources.chunks[number]?.size ?? Infinity), 0);
  expect(bytes).toBeLessThan(3_000_000);
});

test.each(packs)('$id: every file below a generated folder is known as generated', ({ id }) => {
  const units = json(id, 'units.json.gz') as Units;
  const outputs = new Set(units.generated.map((row) => row.output));
  const below = units.files.filter((path) => /(^|\/)generated\//.test(path));
  expect(below.length).toBeGreaterThan(20);
  expect(below.filter((path) => !outputs.has(path))).toEqual([]);
  for (const { output, inputs, how, deps } of units.generated) {
    if (how === 'script' || how === 'config') expect(deps, output).toBeUndefined();
    else expect([inputs.length, (deps?.length ?? 0) > 5], output).toEqual([0, true]);
  }
});

test.each(packs)('$id: functions are where the list says', ({ id }) => {
  const list = json(id, 'functions.json.gz') as { format: number; files: string[]; functions: [string, number, number][] };
  const units = json(id, 'units.json.gz') as Units;
  expect(list.functions.length).toBeGreaterThan(20_000);
  expect(list.files.filter((path) => !units.files.includes(path))).toEqual([]);
  const places = (name: string) =>
    list.functions.filter(([found]) => found === name).map(([, file, line]) => `${list.files[file]}:${line}`);
  expect(places('alloc_pipe_info')).toEqual([expect.stringMatching(/^fs\/pipe\.c:\d+$/)]);
  expect(places('__do_sys_newuname')).toEqual([expect.stringMatching(/^kernel\/sys\.c:\d+$/)]);
  expect(places('entry_INT80_32')).toEqual([expect.stringMatching(/^arch\/x86\/entry\/entry_32\.S:\d+$/)]);
  const [, line] = places('alloc_pipe_info')[0]?.split(':') ?? [];
  const sources = json(id, 'sources.json.gz') as Index;
  const [chunk = -1, offset = 0, length = 0] = sources.files['fs/pipe.c'] ?? [];
  const text = gunzipSync(read(id, sources.chunks[chunk]?.file ?? ''))
    .subarray(offset, offset + length)
    .toString();
  expect(text.split('\n')[Number(line) - 1]).toContain('alloc_pipe_info(');
});

test('what lessons start from are the objects of the pack', () => {
  const hashes = packs.map(({ id }) => json(id, 'objects.json.gz') as Index);
  let compared = 0;
  for (const lesson of readdirSync(join(ROOT, 'lessons'), { withFileTypes: true })) {
    if (!lesson.isDirectory()) continue;
    const folder = join(ROOT, 'lessons', lesson.name, 'objects/pre');
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.o')) continue;
      const found = sha256(readFileSync(join(folder, path)));
      expect(
        hashes.map(({ files }) => files[path]?.[3]),
        `${lesson.name} ${path}`,
      ).toContain(found);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(4);
});
