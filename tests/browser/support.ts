import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { findChromium } from '../../tools/dev/browser.mjs';
import { DIST, ensureBuilt } from '../../tools/dev/build.mjs';
import { ROOT } from '../../tools/dev/paths.mjs';
import { serve } from '../../tools/dev/serve.mjs';

/** Screenshots of every step: test artifacts, not part of the source. */
const SHOTS = join(ROOT, 'test-results/browser');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A busy host with two cores needs some seconds for the first prompt. */
export const PROMPT_TIMEOUT_MS = 60_000;

export interface Bench {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Serves a folder (the built page, unless another is given) and starts a Chromium. `flags` are added to the usual ones. */
export async function openBench(flags: readonly string[] = [], folder = DIST): Promise<Bench> {
  if (folder === DIST) await ensureBuilt();
  const server = await serve(folder);
  const browser = await chromium.launch({ executablePath: findChromium(), args: [...FLAGS, ...flags] });
  return {
    url: server.url,
    browser,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors the page threw or logged. A test that expects none asks for an empty list. */
  readonly errors: readonly string[];
}

/** A fresh visitor: empty cache, empty storage. */
export async function newPage(
  bench: Bench,
  { width = 1280, height = 720, theme = 'light' }: PageOptions = {},
): Promise<OpenedPage> {
  const context = await bench.browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'no-preference',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, context, errors };
}

/** Opens an address of the page and waits for the shell's prompt. */
export async function openLab(bench: Bench, address = '', options: PageOptions = {}): Promise<OpenedPage> {
  const opened = await newPage(bench, options);
  await opened.page.goto(bench.url + address);
  await waitForPrompt(opened.page);
  return opened;
}

/** What the terminal shows, line by line. */
export async function terminalText(page: Page): Promise<string> {
  return page
    .locator('[data-region="terminal"] .xterm-rows')
    .evaluate((rows) => [...rows.children].map((row) => row.textContent ?? '').join('\n'));
}

/** Waits until the terminal shows what matches. */
export async function waitForTerminal(page: Page, pattern: RegExp, timeout = PROMPT_TIMEOUT_MS): Promise<void> {
  await expect.poll(() => terminalText(page).catch(() => ''), { timeout, interval: 50 }).toMatch(pattern);
}

/** The shell's prompt is there, and the page says that the machine is live. */
export async function waitForPrompt(page: Page): Promise<void> {
  await waitForTerminal(page, /hotsplice:\S* ?[#$] *\s*$/);
  await page.getByText('live', { exact: true }).waitFor({ timeout: PROMPT_TIMEOUT_MS });
}

/** Keeps a picture of the page under that name. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Nothing sticks out of the window, and each part is in view and large enough to be of use. */
export async function expectWhole(page: Page, parts: readonly string[]): Promise<void> {
  const overflow = await page.evaluate(() => [
    document.documentElement.scrollWidth - innerWidth,
    document.documentElement.scrollHeight - innerHeight,
  ]);
  expect(overflow).toEqual([0, 0]);
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  for (const part of parts) {
    const box = await page.locator(part).boundingBox();
    expect(box, part).not.toBeNull();
    if (!box) continue;
    expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= width + 0.5 && box.y + box.height <= height + 0.5, part).toBe(true);
    expect(box.height, part).toBeGreaterThan(40);
  }
}

/** One of the three buttons of a lesson; a step of its text may have the same name. */
export function action(page: Page, name: RegExp): Locator {
  return page.getByRole('group', { name: 'Actions' }).getByRole('button', { name });
}

/** What the check printed at one time, by the title of its box. */
export function output(page: Page, title: 'Before' | 'After' | 'After undo'): Locator {
  return page.getByRole('region', { name: title, exact: true });
}
