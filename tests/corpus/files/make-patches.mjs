// Makes the patches of this folder from the two Debian source packages that files.json names, and says what changed:
//
//   node tests/corpus/files/make-patches.mjs BUILD_DIR
//
// The packages are taken from BUILD_DIR, or fetched into it with apt-get; the disk needs 3 GB. A patch is all that the newer package changes in one C file
// that the kernel of the pack is built from, and in the headers that files.json says it does not compile without.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../../../tools/dev/paths.mjs';

const FOLDER = join(ROOT, 'tests/corpus/files');
const PATCHES = join(FOLDER, 'patches');

if (process.argv.length !== 3) {
  console.error('node tests/corpus/files/make-patches.mjs BUILD_DIR');
  process.exit(2);
}
const build = resolve(process.argv[2]);
const { kernel, before, after, files } = JSON.parse(readFileSync(join(FOLDER, 'files.json'), 'utf8'));
const [pre, post] = [sources(before), sources(after)];
const headers = new Map(files.map((entry) => [entry.file, entry.headers ?? []]));
let bytes = 0;
const changed = packFiles().filter((path) => path.endsWith('.c') && difference(path) !== '');
for (const path of changed) {
  const patch = [path, ...(headers.get(path) ?? [])].map(difference).join('');
  const target = join(PATCHES, `${path}.patch`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, patch);
  bytes += patch.length;
  if (!headers.has(path)) console.log(`not in files.json: ${path}`);
}
for (const name of readdirSync(PATCHES, { recursive: true, encoding: 'utf8' })) {
  if (name.endsWith('.patch') && !changed.includes(name.replace(/\.patch$/, ''))) rmSync(join(PATCHES, name));
}
for (const path of headers.keys()) if (!changed.includes(path)) console.log(`no longer changed: ${path}`);
console.log(`${changed.length} patches, ${bytes} bytes`);

/** The unpacked tree of a package `name=version`. */
function sources(packageVersion) {
  const [name, version] = packageVersion.split('=');
  const tree = join(build, `${name}_${version}`);
  if (existsSync(join(tree, 'Makefile'))) return tree;
  const deb = join(build, `${name}_${version}_all.deb`);
  mkdirSync(build, { recursive: true });
  if (!existsSync(deb)) execFileSync('apt-get', ['download', packageVersion], { cwd: build, stdio: 'inherit' });
  const unpacked = `${tree}.deb`;
  execFileSync('dpkg-deb', ['-x', deb, unpacked]);
  mkdirSync(tree, { recursive: true });
  execFileSync('tar', ['-xf', join(unpacked, `usr/src/${name}.tar.xz`), '-C', tree, '--strip-components=1']);
  rmSync(unpacked, { recursive: true });
  return tree;
}

/** Every file that a unit of the pack reads. */
function packFiles() {
  const index = gunzipSync(readFileSync(join(ROOT, `public/kernels/${kernel}/units.json.gz`)));
  return JSON.parse(index.toString('utf8')).files.toSorted();
}

/** What the newer package changes in a file, as git would show it; nothing if it is not in both. */
function difference(path) {
  const [a, b] = [join(pre, path), join(post, path)];
  if (!existsSync(a) || !existsSync(b)) return '';
  const labels = ['--label', `a/${path}`, '--label', `b/${path}`];
  const { status, stdout } = spawnSync('diff', ['-u', '-p', ...labels, a, b], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0 && status !== 1) throw new Error(`diff ended with ${status} for ${path}`);
  return status === 0 ? '' : `diff --git a/${path} b/${path}\n${stdout}`;
}
