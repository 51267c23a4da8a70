import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { action, expectWhole, openBench, openLab, shot, type Bench } from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const SIZES = [
  [1280, 720],
  [1920, 1080],
] as const;

describe.each(SIZES)('at %i × %i', (width, height) => {
  it.each(['light', 'dark'] as const)('is whole in %s', async (theme) => {
    const { page, context, errors } = await openLab(bench, '#/1/1', { width, height, theme });
    const name = `looks-${width}x${height}-${theme}`;
    await shot(page, `${name}-open`);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(theme);

    // What a person needs first.
    await expectWhole(page, [
      '[data-region="terminal"]',
      '[data-region="lesson"]',
      '[data-region="workbench"]',
      '[data-region="stages"]',
      '[aria-label="Actions"]',
    ]);
    await action(page, /^apply/i).click();
    await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: 60_000 });
    await page.mouse.move(700, 20);
    await page.waitForTimeout(600);
    await shot(page, `${name}-splice`);
    for (const station of ['Match', 'Stop'] as const) {
      await page.getByRole('tab', { name: new RegExp(`^${station}: done`) }).click();
      await page.mouse.move(700, 20);
      await page.waitForTimeout(200);
      await shot(page, `${name}-${station.toLowerCase()}`);
    }
    expect(errors).toEqual([]);
    await context.close();
  });
});

it('switches the theme and keeps the choice', async () => {
  const { page, context } = await openLab(bench, '', { theme: 'light' });
  const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
  await page.getByRole('button', { name: /Switch to light/ }).click();
  await page.getByRole('button', { name: /Switch to dark/ }).click();
  expect(await theme()).toBe('dark');
  await page.reload();
  expect(await theme()).toBe('dark');
  await context.close();
});

it('shows the refused lesson with process, pid and function', async () => {
  const { page, context, errors } = await openLab(bench, '#/5/1');
  await action(page, /try to apply/i).click();
  await page.getByRole('tab', { name: /^Stop: refused/ }).waitFor({ timeout: 90_000 });
  const row = page.getByRole('row', { name: /kthreadd\s+2\s+kthreadd/ });
  await row.first().waitFor();
  await page.mouse.move(700, 20);
  await shot(page, 'lesson5-refused');
  await page.getByText('Refused, as this lesson shows').waitFor();
  expect(errors).toEqual([]);
  await context.close();
});
