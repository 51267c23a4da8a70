import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newest, ROOT } from './paths.mjs';

/**
 * Bundles a TypeScript program of the checkout for Node into .cache/, if its source is newer than the bundle, and gives the
 * bundle's path. Packages stay where they are. It takes a fifth of a second, and a start without it nothing.
 * @param {string} entry path of the program in the checkout
 */
export async function bundle(entry) {
  const bundled = join(ROOT, '.cache', entry.replace(/\.ts$/, '.mjs'));
  const built = statSync(bundled, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [dirname(entry), 'src/cli', 'src/disassembler', 'src/engine', 'package-lock.json'].map((path) =>
    join(ROOT, path),
  );
  if (built >= newest(...inputs)) return bundled;
  const { build } = await import('rolldown');
  // Built aside and renamed, so that programs and threads started at the same time never see half a file.
  const aside = join(ROOT, `.cache/aside-${randomUUID()}`);
  mkdirSync(dirname(bundled), { recursive: true });
  await build({
    input: join(ROOT, entry),
    platform: 'node',
    external: /^[^./]/,
    logLevel: 'warn',
    output: { dir: aside, entryFileNames: 'program.mjs', format: 'esm', sourcemap: 'inline', codeSplitting: false },
  });
  renameSync(join(aside, 'program.mjs'), bundled);
  rmSync(aside, { recursive: true });
  return bundled;
}
