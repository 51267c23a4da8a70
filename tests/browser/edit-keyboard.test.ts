import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBench, openLab, shot, waitForTerminal, type Bench } from './support.ts';
import { source, waitForSplice } from './editing.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('edits, splices, looks and undoes without a mouse', async () => {
  const { page, context, errors } = await openLab(bench);
  const { keyboard } = page;
  const focused = (selector: string) => page.evaluate((wanted) => document.activeElement?.closest(wanted) !== null, selector);

  await keyboard.press('e');
  await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
  await keyboard.press('Control+p');
  await page.getByRole('dialog', { name: 'Find a file or a function' }).waitFor();
  await keyboard.type('version_proc');
  await page.getByRole('option', { name: /^version_proc_show/ }).waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowUp');
  await shot(page, 'edit-keyboard-finder');
  await keyboard.press('Enter');
  await source(page).waitFor();
  await expect.poll(() => focused('.cm-content')).toBe(true);
  await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('version_proc_show');

  await keyboard.press('Control+f');
  await keyboard.type('return 0;');
  await keyboard.press('Enter');
  await shot(page, 'edit-keyboard-search');
  await keyboard.press('Escape');
  await keyboard.press('Home');
  await keyboard.type('seq_puts(m, "By keyboard.\\n");\n');
  await keyboard.press('Control+Enter');
  await waitForSplice(page);

  // Escape, then Tab, leaves the source; F6 goes round the panes.
  await keyboard.press('Escape');
  await keyboard.press('Tab');
  expect(await focused('.cm-content')).toBe(false);
  for (let presses = 0; presses < 8 && !(await focused('[data-region="terminal"]')); presses++) await keyboard.press('F6');
  await keyboard.type('cat /proc/version\n');
  await waitForTerminal(page, /^By keyboard\./m);
  for (let presses = 0; presses < 8 && !(await focused('[data-region="stages"]')); presses++) await keyboard.press('F6');
  await keyboard.press('u');
  await page.getByRole('tab', { name: /^Undone: done/ }).waitFor({ timeout: 60_000 });

  await keyboard.press('?');
  await page.getByText('Keys of the editor').waitFor();
  await shot(page, 'edit-keyboard-help');
  await keyboard.press('Escape');
  await keyboard.press('1');
  await page.getByRole('heading', { name: 'A line in /proc/version' }).waitFor();
  await keyboard.press('e');
  await page.locator('.cm-line', { hasText: 'By keyboard.' }).waitFor();
  expect(errors).toEqual([]);
  await context.close();
});
