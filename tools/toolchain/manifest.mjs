// Packs the compiler that build-wasm.sh has made: compressed, with hashes, licences and where it came from.
//
//   node manifest.mjs BUILD_DIR OUT_DIR LINK_FLAGS
//
// Writes OUT_DIR/public (for public/toolchain) and OUT_DIR/glue (for src/engine/toolchain/emscripten).
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const [build, out, flags] = process.argv.slice(2);
const packed = join(out, 'public');
const glue = join(out, 'glue');
rmSync(out, { recursive: true, force: true });
mkdirSync(packed, { recursive: true });
mkdirSync(glue, { recursive: true });

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const programs = { cc1: 'gcc/gcc/cc1', as: 'binutils/gas/as-new' };
const wasm = {};
for (const [role, path] of Object.entries(programs)) {
  const bytes = readFileSync(join(build, `${path}.wasm`));
  const file = `${role}.wasm.gz`;
  writeFileSync(join(packed, file), gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
  wasm[file] = { role, unpacked: bytes.length, wasmSha256: sha256(bytes) };
  copyFileSync(join(build, path), join(glue, `${role}.mjs`));
}

const texts = {
  'COPYING.gcc': [
    '/usr/share/doc/gcc-12-base/copyright',
    '/usr/share/common-licenses/GPL-3',
    '/usr/share/common-licenses/LGPL-3',
  ],
  'COPYING.binutils': ['/usr/share/doc/binutils-source/copyright', '/usr/share/common-licenses/GPL-3'],
  'COPYING.emscripten': ['/usr/share/doc/emscripten/copyright'],
};
for (const [name, parts] of Object.entries(texts)) {
  writeFileSync(join(packed, name), Buffer.concat(parts.map((part) => readFileSync(part))));
}

const files = Object.fromEntries(
  readdirSync(packed)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(packed, name));
      return [name, { role: 'licence', size: bytes.length, sha256: sha256(bytes), ...wasm[name] }];
    }),
);
const version = (name) => execFileSync('dpkg-query', ['-W', '-f=${Version}', name], { encoding: 'utf8' });
const manifest = {
  format: 1,
  id: 'gcc-12.2.0-14+deb12u1',
  version: '12.2.0',
  title: 'GCC 12.2.0 for i686, with binutils 2.40',
  files,
  glue: Object.fromEntries(readdirSync(glue).map((name) => [name, sha256(readFileSync(join(glue, name)))])),
  sources: [
    { package: 'gcc-12-source', version: version('gcc-12-source'), patches: 'debian/patches/git-updates.diff' },
    { package: 'binutils-source', version: version('binutils-source') },
    { package: 'gmp', version: '2:6.2.1+dfsg1-1.1' },
    { package: 'mpfr4', version: '4.2.0-1' },
    { package: 'mpclib3', version: '1.3.1-1' },
  ],
  compiler: { package: 'emscripten', version: version('emscripten'), flags },
  script: 'tools/toolchain/build-wasm.sh',
};
writeFileSync(join(packed, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
