import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { parseKernelIndex, parseManifest } from '../../src/engine/pipeline/manifest.ts';

const NAME = 'virtual:start-files';
/** Roles of the files that a restored machine needs. */
const ROLES = ['snapshot', 'bios', 'vgabios'];

/**
 * `virtual:start-files` says where v86's WebAssembly is, which kernel pack the page starts, and lists what the page fetches to start, known when it is built: without the list, the largest file would
 * wait for the one that names it.
 */
export function startFiles(root: string): Plugin {
  const kernels = join(root, 'public/kernels');
  return {
    name: 'hotsplice-start-files',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const index = parseKernelIndex(readFileSync(join(kernels, 'index.json')), 'kernels/index.json');
      if (!index.ok) return this.error(index.message);
      const first = index.value[0]?.id ?? '';
      const manifest = parseManifest(readFileSync(join(kernels, first, 'manifest.json')), `kernels/${first}/manifest.json`);
      if (!manifest.ok) return this.error(manifest.message);
      const files = Object.entries(manifest.value.files)
        .filter(([, file]) => ROLES.includes(file.role))
        .map(([name]) => `${first}/${name}`);
      return `import emulator from 'v86/build/v86.wasm?url';
export const EMULATOR = emulator;
export const KERNEL = ${JSON.stringify(first)};
export const START_FILES = ${JSON.stringify(['index.json', `${first}/manifest.json`, ...files])};`;
    },
  };
}
