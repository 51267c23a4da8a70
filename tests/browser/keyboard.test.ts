import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { openBench, openLab, output, shot, waitForTerminal, type Bench } from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Presses a key until the focus is on what matches; fails if it comes round without. */
async function reach(page: Page, key: string, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.closest(wanted) !== null, selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${selector}`);
}

it('runs lesson 1 without a mouse', async () => {
  const { page, context, errors } = await openLab(bench);

  await reach(page, 'F6', '[data-region="terminal"]');
  await page.keyboard.type('echo by-keyboard\n');
  await waitForTerminal(page, /^by-keyboard/m);

  await page.keyboard.press('F6');
  expect(
    await page.evaluate(() => document.activeElement?.closest('[data-region="terminal"]') ?? null),
    'F6 leaves the terminal',
  ).toBeNull();

  await reach(page, 'F6', '[data-region="lesson"]');
  await page.keyboard.press('1');
  const first = await page.locator('[aria-current="step"]').getAttribute('aria-label');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.locator('[aria-current="step"]').getAttribute('aria-label')).not.toBe(first);
  await page.keyboard.press('ArrowLeft');

  await reach(page, 'Tab', 'button[title="Run the check (C)"]');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => output(page, 'Before').textContent(), { timeout: 30_000 })
    .toMatch(/(?<!not )as the lesson says[\s\S]*Linux version/);
  await page.keyboard.press('a');
  await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: 60_000 });
  await page.keyboard.press('c');
  await expect
    .poll(() => output(page, 'After').textContent(), { timeout: 30_000 })
    .toMatch(/(?<!not )as the lesson says[\s\S]*Updated while running/);

  await reach(page, 'F6', '[data-region="stages"]');
  await reach(page, 'Tab', '[role="tab"][data-station]');
  await page.keyboard.press('Home');
  await page.getByRole('tab', { name: /^Upload/, selected: true }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: /^Load/, selected: true }).waitFor();
  await shot(page, 'keyboard-stages');

  await reach(page, 'Shift+Tab', '[data-pane-resizer]');
  const size = () => page.evaluate(() => document.activeElement?.getAttribute('aria-valuenow'));
  const before = await size();
  await page.keyboard.press('ArrowDown');
  expect(await size(), 'the arrow key moves the splitter').not.toBe(before);

  await page.keyboard.press('u');
  await page.getByRole('tab', { name: /^Undone: done/ }).waitFor({ timeout: 60_000 });

  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Help' }).waitFor();
  await shot(page, 'keyboard-help');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  expect(errors).toEqual([]);
  await context.close();
});
