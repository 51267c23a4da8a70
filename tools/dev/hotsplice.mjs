#!/usr/bin/env node
/*
 * The `hotsplice` command in a checkout. The TypeScript of src/cli and src/engine is bundled once into .cache/ (a fifth of a
 * second) and again only after a source file has changed, so that a start costs what a start of Node costs.
 */
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { newest, ROOT } from './paths.mjs';

const BUNDLE = join(ROOT, '.cache/cli/hotsplice.mjs');

/** Bundles the command if its source is newer than the bundle, and says where it is. */
export async function bundledCommand() {
  const built = statSync(BUNDLE, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const source = newest(join(ROOT, 'src/cli'), join(ROOT, 'src/engine'), join(ROOT, 'package-lock.json'));
  if (built >= source) return BUNDLE;
  const { build } = await import('rolldown');
  // Built aside and renamed, so that commands started at the same time never see half a file.
  const aside = join(ROOT, `.cache/cli-${process.pid}`);
  mkdirSync(join(ROOT, '.cache/cli'), { recursive: true });
  await build({
    input: join(ROOT, 'src/cli/main.ts'),
    platform: 'node',
    external: /^[^./]/,
    logLevel: 'warn',
    output: { dir: aside, entryFileNames: 'hotsplice.mjs', format: 'esm', sourcemap: 'inline', codeSplitting: false },
  });
  renameSync(join(aside, 'hotsplice.mjs'), BUNDLE);
  rmSync(aside, { recursive: true });
  return BUNDLE;
}

process.setSourceMapsEnabled(true);
ensurePackages();
process.env.HOTSPLICE_ROOT ??= ROOT;
await import(pathToFileURL(await bundledCommand()).href);
