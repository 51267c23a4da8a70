import { afterAll, beforeAll, expect, it } from 'vitest';
import { action, openBench, openLab, output, shot, terminalText, waitForTerminal, type Bench } from './support.ts';

/** The journey of a visitor: a live shell, the exploit, the fix spliced in while it runs, the exploit stopped, undone, reset. */
let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('takes a visitor through Dirty Pipe by clicking', async () => {
  const { page, context, errors } = await openLab(bench);
  await shot(page, 'lesson3-01-open');

  await page.locator('[data-region="terminal"] .xterm').click();
  await page.keyboard.type('echo $((6*7)); uname -r\n');
  await waitForTerminal(page, /^42\s*$[\s\S]*^6\.1\.170-hotsplice/m);
  await shot(page, 'lesson3-02-typed');

  await page.getByRole('link', { name: /dirty-pipe/ }).click();
  await page.getByRole('heading', { name: 'Closing Dirty Pipe' }).waitFor();
  const steps = page.getByRole('navigation', { name: 'Steps of the lesson' });
  const count = await steps.getByRole('button', { name: /^Step \d/ }).count();
  expect(count).toBeGreaterThan(3);

  // The steps of the text, to the last; what they ask for is done where the text has come to it.
  const deeds: Record<string, () => Promise<void>> = {
    'Become root': async () => {
      await action(page, /run the check/i).click();
      await expect
        .poll(() => output(page, 'Before').textContent(), { timeout: 60_000 })
        .toMatch(/(?<!not )as the lesson says[\s\S]*RESULT: root: user 1000/);
    },
    'Read the fix': async () => {
      await page.getByRole('tab', { name: 'Patch' }).click();
      expect(await page.getByRole('tabpanel', { name: 'Patch' }).locator('.added', { hasText: 'buf->flags = 0;' }).count()).toBe(
        2,
      );
    },
    'See what changed in the object': async () => {
      await page.getByRole('tab', { name: /What changed/ }).click();
      await page.getByRole('heading', { name: /copy_page_to_iter.*replaced/ }).waitFor();
      await page.getByRole('heading', { name: /append_pipe.*replaced/ }).waitFor();
      await page
        .getByRole('button', { name: /Instructions/ })
        .first()
        .click();
      await page.locator('table .added, table .changed').first().waitFor();
    },
    'Apply it': async () => {
      await action(page, /^apply/i).click();
      await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: 60_000 });
      for (const name of [/^Match: done, \d/, /^Stop: done, [\d.]+\s(µs|ms)/, /^Splice: done, 2\sfunctions/])
        await page.getByRole('tab', { name }).waitFor();
    },
    'Try again': async () => {
      await action(page, /run the check/i).click();
      await expect
        .poll(() => output(page, 'After').textContent(), { timeout: 60_000 })
        .toMatch(/(?<!not )as the lesson says[\s\S]*RESULT: refused: user 1000/);
    },
    'Undo it': async () => {
      await action(page, /^undo/i).click();
      await page.getByRole('tab', { name: /^Undone: done/ }).waitFor({ timeout: 60_000 });
      await shot(page, 'lesson3-undone');
      await action(page, /run the check/i).click();
      await expect
        .poll(() => output(page, 'After undo').textContent(), { timeout: 60_000 })
        .toMatch(/(?<!not )as the lesson says[\s\S]*RESULT: root: user 1000/);
    },
  };
  for (let step = 1; step <= count; step++) {
    if (step > 1) await steps.getByRole('button', { name: 'Next' }).click();
    // The page follows its address, which takes a moment.
    const current = steps.locator(`[aria-current="step"][aria-label^="Step ${step}:"]`);
    const title = ((await current.getAttribute('aria-label')) ?? '').replace(/^Step \d+: /, '');
    await page.getByRole('heading', { name: title, exact: true }).waitFor();
    await deeds[title]?.();
    await page.mouse.move(700, 20);
    await shot(page, `lesson3-${String(step + 2).padStart(2, '0')}-${title.toLowerCase().replaceAll(/\W+/g, '-')}`);
    Reflect.deleteProperty(deeds, title);
  }
  expect(Object.keys(deeds), 'steps of the lesson that did not come').toEqual([]);

  const before = await terminalText(page);
  expect(before).toContain('6.1.170-hotsplice');
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByText(/^Reset to the snapshot in \d+ ms\.$/).waitFor({ state: 'attached' });
  const notice = (await page.getByText(/^Reset to the snapshot in/).textContent()) ?? '';
  console.log(notice);
  expect(Number(/(\d+) ms/.exec(notice)?.[1])).toBeLessThan(500);
  await page.locator('[data-region="terminal"] .xterm').click();
  await page.keyboard.type('ls /sys/kernel/ksplice; echo fresh\n');
  await waitForTerminal(page, /^fresh/m);
  await shot(page, 'lesson3-99-reset');
  expect(errors).toEqual([]);
  await context.close();
});
