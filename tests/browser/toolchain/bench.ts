import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page, Request } from 'playwright-core';
import { build } from 'vite';
import * as v from 'valibot';
import { ROOT } from '../../../tools/dev/paths.mjs';
import { newPage, openBench, type Bench } from '../support.ts';

const PAGE = join(import.meta.dirname);
const FOLDER = join(ROOT, 'test-results/toolchain');
const kernels = v.object({ kernels: v.tupleWithRest([v.object({ id: v.string() })], v.unknown()) });

/** The kernel that the page starts with. */
export const KERNEL = v.parse(kernels, JSON.parse(readFileSync(join(ROOT, 'public/kernels/index.json'), 'utf8'))).kernels[0].id;

/** A page that holds nothing but the toolchain's port, built as the real one is. */
export async function openToolchainBench(): Promise<Bench> {
  await build({
    configFile: false,
    root: PAGE,
    base: './',
    publicDir: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      outDir: FOLDER,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1500,
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  });
  for (const folder of ['kernels', 'toolchain']) symlinkSync(join(ROOT, 'public', folder), join(FOLDER, folder));
  return openBench([], FOLDER);
}

/** A file of the packs that came over the network. */
export interface Transfer {
  readonly path: string;
  readonly bytes: number;
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Everything from `kernels/` and `toolchain/` that this visit has transferred so far. */
  transfers(): Promise<readonly Transfer[]>;
}

/** Opens the page, as a new visitor or as one who has been there. */
export async function visit(bench: Bench, again?: BrowserContext): Promise<Visit> {
  const context = again ?? (await newPage(bench)).context;
  const page = await context.newPage();
  const seen: Promise<Transfer>[] = [];
  const count = async (request: Request): Promise<Transfer> => {
    const { responseBodySize } = await request.sizes();
    return { path: new URL(request.url()).pathname.slice(1), bytes: responseBodySize };
  };
  context.on('requestfinished', (request) => seen.push(count(request)));
  await page.goto(`${bench.url}?kernel=${KERNEL}`);
  await page.waitForFunction(() => 'toolchain' in window);
  return {
    page,
    context,
    transfers: async () => (await Promise.all(seen)).filter(({ path }) => /^(kernels|toolchain)\//.test(path)),
  };
}

/** Sum of the bytes. */
export function total(transfers: readonly Transfer[]): number {
  return transfers.reduce((sum, { bytes }) => sum + bytes, 0);
}
