// Writes units.json: for every object of a kernel build, its source, the command that compiled it, and what it read.
//
//   node units.mjs KERNEL_TREE OUT.json.gz
//
// Reads the .cmd files that kbuild leaves beside the objects. The tree is built in place, so all paths are relative to it.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const [tree, out] = process.argv.slice(2);
/** What vmlinux is made of; the boot loader stub, the real-mode code and the vDSO are compiled as well, but are no part of it. */
const linked = new Set(
  execFileSync('ar', ['t', 'vmlinux.a'], { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 24 })
    .trim()
    .split('\n'),
);
const files = new Map();
const units = {};

function* commandFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* commandFiles(path);
    else if (/^\..*\.o\.cmd$/.test(entry.name)) yield path;
  }
}

function index(path) {
  const clean = normalize(path);
  if (!files.has(clean)) files.set(clean, files.size);
  return files.get(clean);
}

/** The lines of one make variable, continuation lines joined. */
function variable(text, name) {
  const start = text.indexOf(`${name} := `);
  if (start < 0) return undefined;
  let end = start;
  do end = text.indexOf('\n', end + 1);
  while (end > 0 && text[end - 1] === '\\');
  return text.slice(start + name.length + 4, end < 0 ? undefined : end).replaceAll('\\\n', ' ');
}

for (const path of commandFiles(tree)) {
  const text = readFileSync(path, 'utf8');
  const object = /^(?:savedcmd|cmd)_(\S+) := /m.exec(text)?.[1];
  const source = object && variable(text, `source_${object}`);
  if (!source || !linked.has(object)) continue;
  const command = (variable(text, `savedcmd_${object}`) ?? variable(text, `cmd_${object}`)).split(' ; ')[0];
  if (!/^gcc /.test(command)) continue;
  const deps = variable(text, `deps_${object}`)
    .replaceAll(/\$\(wildcard [^)]*\)/g, ' ')
    .split(/\s+/)
    .filter((name) => name && !name.startsWith('/'));
  units[object] = {
    source: normalize(source.trim()),
    // Where the compiler lay is not part of what it was told.
    command: command.replace(/ -B\S+/, '').trim(),
    deps: deps.map(index),
  };
}

const sorted = Object.fromEntries(Object.entries(units).sort(([a], [b]) => (a < b ? -1 : 1)));
if (Object.keys(sorted).length === 0) throw new Error(`no .cmd files below ${relative(dirname(tree), tree)}`);
// Depends only on the build: numbered in the order of the sorted units.
const order = [...new Set(Object.values(sorted).flatMap((unit) => unit.deps))];
const names = [...files.keys()];
const renumbered = new Map(order.map((old, position) => [old, position]));
for (const unit of Object.values(sorted)) unit.deps = unit.deps.map((old) => renumbered.get(old));
writeFileSync(out, gzipSync(JSON.stringify({ files: order.map((old) => names[old]), units: sorted }), { level: 9 }));
console.log(`units.json: ${Object.keys(sorted).length} units, ${order.length} files`);
