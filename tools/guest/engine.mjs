// The engine's TypeScript, bundled for the tools beside this file.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');

/** Bundles a file below src/engine and imports it. */
export async function importEngine(path) {
  const file = join(ROOT, '.cache/tools', `${path.replaceAll('/', '-')}-${process.pid}.mjs`);
  await build({
    input: join(ROOT, 'src/engine', path),
    platform: 'node',
    external: /^[^./]/,
    logLevel: 'warn',
    output: { file, format: 'esm', sourcemap: 'inline', codeSplitting: false },
  });
  return import(pathToFileURL(file).href);
}
