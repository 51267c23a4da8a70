// Writes manifest.json of a kernel pack: sizes and hashes of its files, and what an update compiler has to know.
//
//   node manifest.mjs PACK_DIR FACTS_KO KERNEL_TREE [SNAPSHOT_JSON]
//
// SNAPSHOT_JSON is what the snapshot tool printed. What does not come from the build comes from pack.json beside this script.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [pack, factsModule, tree, snapshotFile] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(join(import.meta.dirname, 'pack.json'), 'utf8'));

function fileEntry(name) {
  const bytes = readFileSync(join(pack, name));
  return {
    role: settings.roles[name] ?? 'licence',
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function sectionOf(object, name) {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    execFileSync('objcopy', [
      '-O',
      'binary',
      '--only-section',
      name,
      '--set-section-flags',
      `${name}=alloc`,
      object,
      join(folder, 'section'),
    ]);
    return readFileSync(join(folder, 'section'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const facts = sectionOf(factsModule, '.hotsplice.facts');
const modinfo = sectionOf(factsModule, '.modinfo').toString('latin1').split('\0');
const vermagic = modinfo.find((line) => line.startsWith('vermagic=')).slice('vermagic='.length);
const compile = readFileSync(join(tree, 'include/generated/compile.h'), 'utf8');
const version =
  /#define UTS_VERSION "(.*)"/.exec(compile)?.[1] ??
  /UTS_VERSION "([^"]*)"/.exec(readFileSync(join(tree, 'include/generated/utsversion.h'), 'utf8'))[1];
const snapshot = snapshotFile ? JSON.parse(readFileSync(snapshotFile, 'utf8')) : undefined;

const manifest = {
  format: 1,
  id: settings.id,
  title: settings.title,
  release: readFileSync(join(tree, 'include/config/kernel.release'), 'utf8').trim(),
  version,
  machine: 'i686',
  memoryMiB: settings.memoryMiB,
  cmdline: settings.cmdline,
  module: {
    vermagic,
    size: facts.readUInt32LE(0),
    nameOffset: facts.readUInt32LE(4),
    initOffset: facts.readUInt32LE(8),
    exitOffset: facts.readUInt32LE(12),
  },
  ...(snapshot ? { snapshot: { v86: snapshot.v86, instructions: snapshot.instructions } } : {}),
  files: Object.fromEntries(
    // What lies in a folder is listed, with its hash, by an index that is listed here.
    readdirSync(pack, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
      .map((entry) => entry.name)
      .sort()
      .map((name) => [name, fileEntry(name)]),
  ),
  sources: settings.sources,
  compiler: settings.compiler,
  holes: settings.holes,
};
writeFileSync(join(pack, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
