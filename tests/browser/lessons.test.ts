import { afterAll, beforeAll, expect, it } from 'vitest';
import { action, openBench, openLab, output, type Bench } from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('applies lessons 1, 2 and 4 into one guest and undoes them in reverse, every check as its lesson says', async () => {
  const { page, context, errors } = await openLab(bench);
  const lessons = ['version', 'utimensat', 'uptime'];
  const open = (id: string) => page.getByRole('link', { name: new RegExp(`^\\d ${id}`) }).click();
  const check = async (title: 'Before' | 'After' | 'After undo') => {
    await action(page, /run the check/i).click();
    await expect.poll(() => output(page, title).textContent(), { timeout: 30_000 }).toMatch(/(?<!not )as the lesson says/);
  };
  for (const id of lessons) {
    await open(id);
    await check('Before');
    await action(page, /^apply/i).click();
    await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: 60_000 });
    await check('After');
  }
  expect(await page.getByText('(applied now)').count()).toBe(lessons.length);
  for (const id of lessons.toReversed()) {
    await open(id);
    await action(page, /^undo/i).click();
    await page.getByRole('tab', { name: /^Undone: done/ }).waitFor({ timeout: 60_000 });
    await check('After undo');
  }
  expect(await page.getByText('(applied now)').count()).toBe(0);
  expect(errors).toEqual([]);
  await context.close();
});
