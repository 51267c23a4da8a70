/* Builds the page for production into dist/, and compresses what compresses. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { ensurePackages } from './packages.mjs';
import { newest, ROOT } from './paths.mjs';

export const DIST = join(ROOT, 'dist');
const STAMP = join(ROOT, '.cache/page-built');
const INPUTS = ['src', 'public', 'lessons', 'index.html', 'vite.config.ts', 'svelte.config.js', 'package-lock.json'];
const COMPRESSIBLE = new Set([
  '.html',
  '.js',
  '.css',
  '.json',
  '.svg',
  '.wasm',
  '.bin',
  '.md',
  '.patch',
  '.txt',
  '.o',
  '.c',
  '.map',
]);
/** Smaller files fit one packet anyway. */
const WORTHWHILE_BYTES = 1200;

/** Builds dist/ if any input is newer than it. */
export async function ensureBuilt({ force = false } = {}) {
  ensurePackages();
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = INPUTS.map((path) => join(ROOT, path));
  if (!force && existsSync(join(DIST, 'index.html')) && built >= newest(...inputs)) return;
  console.error('Building the page …');
  const began = Date.now();
  const vite = spawnSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (vite.status !== 0) throw new Error(`The page does not build.\n${vite.stdout}${vite.stderr}`);
  await compress(DIST);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, '');
  console.error(`Built in ${((Date.now() - began) / 1000).toFixed(1)} s.`);
}

/** Writes file.br and file.gz beside each file that gets at least a tenth smaller. */
async function compress(folder) {
  const work = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !COMPRESSIBLE.has(extname(entry.name))) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    if (bytes.length < WORTHWHILE_BYTES) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    work.push(
      keep(path, 'br', bytes, promisify(brotliCompress)(bytes, { params })),
      keep(path, 'gz', bytes, promisify(gzip)(bytes)),
    );
  }
  await Promise.all(work);
}

async function keep(path, suffix, bytes, compressed) {
  const packed = await compressed;
  if (packed.length < bytes.length * 0.9) writeFileSync(`${path}.${suffix}`, packed);
}

if (import.meta.filename === process.argv[1]) await ensureBuilt({ force: true });
