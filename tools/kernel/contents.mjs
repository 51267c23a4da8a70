// Writes what a pack says of its kernel's source: units, sources, objects, functions.
//
//   node contents.mjs KERNEL_TREE SOURCE_LIST CC1_DIR PACK_DIR
//
// The tree was built in place with the cc1 in CC1_DIR; SOURCE_LIST names the files it had before. The formats are described in docs/kernel-pack.md.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeChunks, writeJson } from './chunks.mjs';
import { recordedCommands } from './commands.mjs';
import { functionsOf } from './functions.mjs';
import { generatedFiles } from './generated.mjs';
import { orderedSources } from './sources.mjs';
import { unitsOf } from './units.mjs';

const [tree, sourceList, cc1Folder, pack] = process.argv.slice(2).map((path) => resolve(path));
const commands = recordedCommands(tree);
const units = await unitsOf(tree, commands, cc1Folder);
const sources = new Set(readFileSync(sourceList, 'utf8').trim().split('\n'));
const generated = await generatedFiles(tree, commands, cc1Folder, sources, units);

/** Numbers things in the order they come. */
function numbering() {
  const numbers = new Map();
  const number = (value) => {
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return numbers.get(value);
  };
  return { number, all: () => [...numbers.keys()] };
}

const files = numbering();
const words = numbering();
const numbered = ({ cc1, as, deps, ...rest }) => ({
  ...rest,
  cc1: cc1.map(words.number),
  as: as.map(words.number),
  deps: deps.map(files.number),
});
const unitTable = Object.fromEntries(units.map(({ object, ...unit }) => [object, numbered(unit)]));
const generatedTable = generated.map((row) => (row.cc1 ? numbered(row) : row));
writeJson(join(pack, 'units.json.gz'), {
  format: 2,
  files: files.all(),
  words: words.all(),
  units: unitTable,
  generated: generatedTable,
});
console.log(
  `units: ${units.length}, ${files.all().length} files, ${words.all().length} words, ${generated.length} generated files`,
);

const read = (path) => ({ path, bytes: readFileSync(join(tree, path)) });
for (const [name, paths, hashes] of [
  ['sources', orderedSources(units, files.all()), false],
  ['objects', units.map((unit) => unit.object), true],
]) {
  const { chunks, packed, unpacked } = writeChunks(pack, name, paths.map(read), hashes);
  console.log(`${name}: ${paths.length} in ${chunks} chunks, ${packed} bytes (${unpacked} unpacked)`);
}

const functions = await functionsOf(tree, units, cc1Folder);
writeJson(join(pack, 'functions.json.gz'), functions);
console.log(`functions: ${functions.functions.length} in ${functions.files.length} files`);
