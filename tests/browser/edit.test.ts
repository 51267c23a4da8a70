import { afterAll, beforeAll, expect, it } from 'vitest';
import { action, openBench, openLab, output, shot, waitForTerminal, type Bench } from './support.ts';
import { bench as tab, BUILD_TIMEOUT_MS, find, patchAdds, situation, source, waitForSplice, writeAbove } from './editing.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('takes a visitor from a function’s name to new code in the guest, and back', async () => {
  const { page, context, errors } = await openLab(bench);
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
  await find(page, 'version_proc_show', /^version_proc_show/);
  expect(await source(page).getAttribute('aria-label')).toBe('Source of fs/proc/version.c');
  await page.getByText(/this compiler reproduced fs\/proc\/version\.o byte for byte/).waitFor({ timeout: BUILD_TIMEOUT_MS });
  await shot(page, 'edit-01-open');

  await writeAbove(page, 'return 0;', 'seq_puts(m, "Edited in the page.\\n");');
  await patchAdds(page, 'seq_puts(m, "Edited in the page.\\n");');
  expect(await page.locator('.cm-line-added').count()).toBe(1);
  const plan = await tab(page, 'Plan');
  await plan.getByText('fs/proc/version.c').waitFor();
  await tab(page, 'Before and after');
  await page.getByPlaceholder(/a command that shows the effect/).fill('cat /proc/version');
  await shot(page, 'edit-02-changed');

  await action(page, /compile and splice/i).click();
  await waitForSplice(page);
  for (const name of [
    /^Compile: done, 1\sunit/,
    /^Compare: done, 1\sfunction/,
    /^Build: done, [\d.]+\sKB/,
    /^Splice: done, 1\sfunction/,
  ])
    await page.getByRole('tab', { name }).waitFor();
  expect(await output(page, 'Before').textContent()).not.toContain('Edited in the page.');
  expect(await output(page, 'After').textContent()).toContain('Edited in the page.');
  await page.mouse.move(700, 20);
  await shot(page, 'edit-03-spliced');
  await page.locator('[data-region="terminal"] .xterm').click();
  await page.keyboard.type('cat /proc/version\n');
  await waitForTerminal(page, /^Edited in the page\./m);

  const changes = await tab(page, 'Changes');
  await changes.getByRole('heading', { name: /version_proc_show.*replaced/ }).waitFor();
  await changes.getByRole('button', { name: /Instructions/ }).click();
  await changes.locator('table .added, table .changed').first().waitFor();
  await shot(page, 'edit-04-changes');

  await action(page, /^undo/i).click();
  await page.getByRole('tab', { name: /^Undone: done/ }).waitFor({ timeout: 60_000 });
  await tab(page, 'Before and after');
  await expect.poll(() => output(page, 'After undo').textContent()).toMatch(/Linux version/);
  expect(await output(page, 'After undo').textContent()).not.toContain('Edited in the page.');
  expect(errors).toEqual([]);
  await context.close();
});

it('puts a second text in the place of the first', async () => {
  const { page, context, errors } = await openLab(bench, '#/edit/fs/proc/version.c');
  await source(page).waitFor();
  await writeAbove(page, 'return 0;', 'seq_puts(m, "first\\n");');
  await tab(page, 'Before and after');
  await page.getByPlaceholder(/a command that shows the effect/).fill('cat /proc/version');
  await action(page, /compile and splice/i).click();
  await waitForSplice(page);
  await expect.poll(() => output(page, 'After').textContent()).toContain('first');
  await writeAbove(page, 'return 0;', 'seq_puts(m, "second\\n");');
  await expect.poll(() => situation(page).textContent()).toMatch(/A splice takes its place/);
  await action(page, /compile and splice/i).click();
  await expect.poll(() => output(page, 'After').textContent(), { timeout: BUILD_TIMEOUT_MS }).toContain('second');
  await page.locator('[data-region="terminal"] .xterm').click();
  await page.keyboard.type('ls /sys/kernel/ksplice | wc -l\n');
  await waitForTerminal(page, /^1\s*$/m);
  // The same text once more: there is nothing to do, as the button says.
  await source(page).click();
  await page.keyboard.press('Control+Enter');
  expect(await situation(page).textContent()).toBe('The new code runs.');
  expect(errors).toEqual([]);
  await context.close();
});

it('shows a syntax error at its line, and the guest stays as it is', async () => {
  const { page, context, errors } = await openLab(bench, '#/edit/fs/proc/version.c:10');
  await source(page).waitFor();
  await writeAbove(page, 'return 0;', 'seq_puts(m, "no end\\n")');
  await action(page, /compile and splice/i).click();
  const problems = page.getByRole('tabpanel', { name: /^Problems/ });
  await problems.getByText(/expected .;. before .return./).waitFor({ timeout: BUILD_TIMEOUT_MS });
  await page.getByRole('tab', { name: /^Compile: refused/ }).waitFor();
  await page.locator('.cm-lint-marker-error').first().waitFor();
  await page.mouse.move(700, 20);
  await shot(page, 'edit-05-error');
  expect(await situation(page).textContent()).toBe('No update was made. The guest is untouched.');
  expect(await source(page).textContent()).toContain('no end');

  // F8 goes to the line, from anywhere.
  await page.locator('.cm-line', { hasText: '#include' }).first().click();
  await page.keyboard.press('F8');
  await expect.poll(() => page.locator('.cm-activeLine').textContent()).toBe('}');
  await page.keyboard.press('Shift+F8');
  await expect.poll(() => page.locator('.cm-activeLine').textContent()).toMatch(/no end/);
  await page.keyboard.press('End');
  await page.keyboard.type(';');
  await action(page, /compile and splice/i).click();
  await waitForSplice(page);
  expect(errors).toEqual([]);
  await context.close();
});

it('asks before a header that many units read, and cancels at once', async () => {
  const { page, context, errors } = await openLab(bench, '#/edit/include/linux/list.h');
  await source(page).waitFor();
  await writeAbove(page, 'static inline void INIT_LIST_HEAD', 'static inline int hotsplice_probe(void) { return 1; }');
  const plan = await tab(page, 'Plan');
  await plan.getByText(/^[\d\s]+units, about \d+ min/).waitFor();
  await action(page, /compile and splice/i).click();
  const question = page.getByRole('alertdialog', { name: 'A large build' });
  await question.getByText(/units, about \d+ min/).waitFor();
  await shot(page, 'edit-06-ask');
  await page.keyboard.press('Escape');
  await expect.poll(() => question.count()).toBe(0);

  await action(page, /compile and splice/i).click();
  await question.getByRole('button', { name: /^Compile/ }).click();
  await expect
    .poll(() => situation(page).textContent(), { timeout: BUILD_TIMEOUT_MS })
    .toMatch(/^Compiling .* of [\d\s]+units done/);
  await shot(page, 'edit-07-building');
  // By the page's own clock: a busy host delays the test's.
  const milliseconds = await action(page, /cancel/i).evaluate(
    (button) =>
      new Promise<number>((done) => {
        const began = performance.now();
        (button as HTMLElement).click();
        const look = () => (button.isConnected ? requestAnimationFrame(look) : done(performance.now() - began));
        look();
      }),
  );
  expect(milliseconds).toBeLessThan(500);
  await expect.poll(() => action(page, /compile and splice/i).isEnabled()).toBe(true);
  expect(await page.getByRole('tab', { name: /: running/ }).count()).toBe(0);
  // The page and the guest have gone on.
  await page.locator('[data-region="terminal"] .xterm').click();
  await page.keyboard.type('echo alive-$((40+2))\n');
  await waitForTerminal(page, /^alive-42/m);
  expect(errors).toEqual([]);
  await context.close();
});

it('says why what cannot be an update is none', async () => {
  const { page, context, errors } = await openLab(bench, '#/edit/fs/proc/version.c');
  await source(page).waitFor();
  await writeAbove(page, 'seq_printf', '/* only words */');
  await action(page, /compile and splice/i).click();
  const stages = page.getByRole('region', { name: 'Stages of the splice' });
  await stages.getByText('Way out.').waitFor({ timeout: BUILD_TIMEOUT_MS });
  expect(await stages.getByRole('alert').textContent()).toMatch(/nothing_to_ship|nothing_changed|unchanged/);
  await shot(page, 'edit-08-nothing');
  expect(errors).toEqual([]);
  await context.close();
});

it('asks before it undoes a lesson that is in the way, and is in the way of a lesson itself', async () => {
  const { page, context, errors } = await openLab(bench, '#/1/1');
  await action(page, /^apply/i).click();
  await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Open in the editor' }).click();
  await source(page).waitFor();
  await action(page, /compile and splice/i).click();
  const question = page.getByRole('alertdialog', { name: 'A lesson is in the way' });
  await question.getByText('A line in /proc/version').waitFor({ timeout: BUILD_TIMEOUT_MS });
  await shot(page, 'edit-09-in-the-way');
  await question.getByRole('button', { name: 'Not now' }).click();
  expect(await page.getByTitle('applied now').count()).toBe(1);
  await action(page, /compile and splice/i).click();
  await question.getByRole('button', { name: 'Undo the lesson and go on' }).click();
  await waitForSplice(page);

  await page.getByRole('link', { name: /^1 version/ }).click();
  await action(page, /^apply/i).click();
  await page.getByRole('alert').filter({ hasText: 'replaced_already' }).waitFor();
  expect(errors).toEqual([]);
  await context.close();
});
