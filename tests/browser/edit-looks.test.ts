import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectWhole, openBench, openLab, shot, type Bench } from './support.ts';
import { bench as tab, BUILD_TIMEOUT_MS, source, waitForSplice, writeAbove } from './editing.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const PARTS = [
  '[data-region="editor"]',
  '.cm-editor',
  '[data-region="workbench"]',
  '[data-region="stages"]',
  '[aria-label="Actions"]',
];

describe.each([
  [1280, 720],
  [1920, 1080],
] as const)('at %i × %i', (width, height) => {
  it.each(['light', 'dark'] as const)('the editor is whole in %s', async (theme) => {
    const { page, context, errors } = await openLab(bench, '#/edit', { width, height, theme });
    const name = `edit-looks-${width}x${height}-${theme}`;
    const picture = async (state: string) => {
      await page.mouse.move(700, 20);
      await page.waitForTimeout(300);
      await shot(page, `${name}-${state}`);
    };
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    await picture('welcome');
    await page.keyboard.press('Control+p');
    await page.keyboard.type('uptime_proc');
    await page.getByRole('option', { name: /^uptime_proc_show/ }).waitFor();
    await picture('finder');
    await page.keyboard.press('Enter');
    await source(page).waitFor();
    await writeAbove(page, 'struct timespec64 uptime;', 'int broken = ;');
    await page.keyboard.press('Control+Enter');
    const problems = page.getByRole('tabpanel', { name: /^Problems/ });
    await problems.getByText(/expected expression/).waitFor({ timeout: BUILD_TIMEOUT_MS });
    await expectWhole(page, PARTS);
    await picture('problem');
    await page.getByRole('button', { name: 'Revert file' }).click();
    await page.locator('.cm-line', { hasText: 'seq_printf(m, "%lu.%02lu' }).first().click();
    await page.keyboard.press('Home');
    await page.keyboard.type('seq_puts(m, "up ");\n');
    await tab(page, 'Before and after');
    await page.getByPlaceholder(/a command that shows the effect/).fill('cat /proc/uptime');
    await page.keyboard.press('Control+Enter');
    await waitForSplice(page);
    await expectWhole(page, PARTS);
    await picture('spliced');
    for (const station of ['Compile', 'Compare', 'Build']) {
      await page.getByRole('tab', { name: new RegExp(`^${station}: done`) }).click();
      await picture(station.toLowerCase());
    }
    for (const [button, state] of [
      ['Share', 'share'],
      ['File', 'file'],
    ] as const) {
      await page.getByRole('button', { name: button, exact: true }).click();
      await picture(state);
      await page.keyboard.press('Escape');
    }
    expect(errors).toEqual([]);
    await context.close();
  });
});
