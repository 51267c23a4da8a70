import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBench, openLab, shot, type Bench } from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it.each([
  [1280, 720, 'light'],
  [1920, 1080, 'dark'],
] as const)('shows what leads to a function, and its instructions, by keyboard at %i × %i', async (width, height, theme) => {
  const { page, context, errors } = await openLab(bench, '#/2/1', { width, height, theme });
  await page.getByRole('tab', { name: /^What changed and why/ }).click();
  const card = page.getByRole('article').filter({ has: page.getByText('__ia32_sys_utimensat', { exact: true }) });
  const steps = card.first().locator('.chain li');
  await steps.first().waitFor({ timeout: 60_000 });
  expect(await steps.allInnerTexts()).toEqual([
    expect.stringMatching(/fs\/utimes\.c:169/),
    expect.stringMatching(/is in\s[^]*__ia32_sys_utimensat/),
  ]);

  const open = card.first().getByRole('button', { name: /^Instructions/ });
  await open.focus();
  await page.keyboard.press('Enter');
  const row = card.first().locator('tr.changed', { hasText: 'Another offset' }).first();
  await row.waitFor();
  expect(await row.innerText()).toMatch(/mov ebx, dword ptr \[eax\][^]*mov ebx, dword ptr \[eax \+ 4\][^]*offset/);

  // Tab goes on into the listing; what a fold hid takes the focus.
  await page.keyboard.press('Tab');
  const fold = card
    .first()
    .getByRole('button', { name: /^Show \d+ equal instructions/ })
    .first();
  expect(await fold.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-row'))).toBe('0');
  await shot(page, `changes-${width}x${height}-${theme}`);

  const overflow = await page.evaluate(() => [
    document.documentElement.scrollWidth - innerWidth,
    document.documentElement.scrollHeight - innerHeight,
  ]);
  expect(overflow).toEqual([0, 0]);
  expect(errors).toEqual([]);
  await context.close();
});
