import { join } from 'node:path';
import { cpSync, writeFileSync } from 'node:fs';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { DIST } from '../../tools/dev/build.mjs';
import { ROOT } from '../../tools/dev/paths.mjs';
import { newPage, openBench, type Bench } from './support.ts';

/**
 * How the page starts beside a bare v86 page that restores the same snapshot: bytes until the prompt, and time until the
 * prompt is on the screen. Both pages press Enter by themselves once the machine runs, so that the shell writes its prompt.
 */
const BYTES_LIMIT = 8e6;
/** The aim, held by `npm run bench`. Whatever else the host does lengthens one page more than the other: 1.1 to 1.7 were seen. */
const RATIO_LIMIT = 1.5;
/** Beyond this something waits that should not, however busy the host is. */
const BROKEN_RATIO = 3;
const ROUNDS = 5;
const BARE = join(ROOT, 'test-results/bare');

let bench: Bench;
let bare: Bench;

beforeAll(async () => {
  bench = await openBench();
  await build({
    configFile: false,
    root: join(import.meta.dirname, 'bare'),
    base: './',
    logLevel: 'error',
    build: {
      outDir: BARE,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  });
  cpSync(join(DIST, 'kernels'), join(BARE, 'kernels'), { recursive: true });
  bare = await openBench([], BARE);
});
afterAll(async () => {
  await bench.close();
  await bare.close();
});

/** On the bare page the shell's question for the window's size stays on the screen. */
const PROMPT = /hotsplice:~# [^a-z]{0,6}n?\s*$/;

/** Milliseconds from the navigation until the prompt is in the document, by the page's own clock. */
async function timeToPrompt(page: Page, url: string, selector: string): Promise<number> {
  await page.addInitScript(
    ([where, source]) => {
      const pattern = new RegExp(source);
      const look = () => {
        const text = [...document.querySelectorAll(where)].map((part) => part.textContent ?? '').join('\n');
        if (pattern.test(text.trimEnd() + ' ')) document.documentElement.dataset['prompt'] = String(performance.now());
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
    [selector, PROMPT.source] as const,
  );
  await page.goto(url);
  await page.locator('html[data-prompt]').waitFor({ state: 'attached', timeout: 60_000 });
  return Number(await page.evaluate(() => document.documentElement.dataset['prompt']));
}

/** Counts what comes over the wire, in every target of the page: its workers fetch most of it. */
async function countBytes(context: BrowserContext, page: Page): Promise<() => number> {
  let total = 0;
  const requests: Promise<void>[] = [];
  context.on('requestfinished', (request) => {
    requests.push(
      request.sizes().then((sizes) => {
        total += sizes.responseBodySize + sizes.responseHeadersSize;
      }),
    );
  });
  await page.waitForLoadState();
  return () => total;
}

it('is at the prompt within 8 MB', async () => {
  const { page, context } = await newPage(bench);
  const bytes = await countBytes(context, page);
  await timeToPrompt(page, bench.url, '[data-region="terminal"] .xterm-rows > div');
  await page.waitForTimeout(300);
  console.log(`bytes until the prompt: ${bytes()}`);
  expect(bytes()).toBeGreaterThan(3e6);
  expect(bytes()).toBeLessThanOrEqual(BYTES_LIMIT);
  await context.close();
});

it('reaches the prompt, and a bare v86 page does; npm run bench holds the ratio of their times to 1.5', async () => {
  const times = { page: [] as number[], bare: [] as number[] };
  const manifestFolder = new URL('kernels/6.1.170-integrated', bare.url).href;
  for (let round = 0; round < ROUNDS; round++) {
    const lone = await newPage(bare);
    times.bare.push(await timeToPrompt(lone.page, `${bare.url}#pack=${manifestFolder}`, '#screen'));
    await lone.context.close();
    const whole = await newPage(bench);
    times.page.push(await timeToPrompt(whole.page, bench.url, '[data-region="terminal"] .xterm-rows > div'));
    await whole.context.close();
  }
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
  const result = { page: median(times.page), bare: median(times.bare), ratio: median(times.page) / median(times.bare), times };
  writeFileSync(join(ROOT, 'test-results/start.json'), JSON.stringify(result, undefined, 2));
  console.log(
    `time to the prompt: page ${result.page.toFixed(0)} ms, bare ${result.bare.toFixed(0)} ms, ratio ${result.ratio.toFixed(2)}`,
  );
  expect(result.ratio).toBeLessThanOrEqual(process.env['HOTSPLICE_BENCH'] ? RATIO_LIMIT : BROKEN_RATIO);
});
