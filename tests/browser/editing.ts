import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What a person does in the editor, by what they see. */

/** A cold compiler on a busy host. */
export const BUILD_TIMEOUT_MS = 120_000;

/** Finds a file or a function by its name and opens the first match. */
export async function find(page: Page, name: string, match: RegExp | string = name): Promise<void> {
  await page.getByRole('button', { name: /^Find/ }).first().click();
  await page.getByRole('combobox').fill(name);
  await page.getByRole('option', { name: match }).first().click();
  await source(page).waitFor();
}

/** The text of the open file. */
export function source(page: Page): Locator {
  return page.getByRole('textbox', { name: /^Source of / });
}

/** Writes a line above the one that has this text. */
export async function writeAbove(page: Page, line: string, text: string): Promise<void> {
  await page.locator('.cm-line', { hasText: line }).first().click();
  await page.keyboard.press('Home');
  await page.keyboard.type(`${text}\n`);
}

/** The tab of the bench with that name; its panel is open afterwards. */
export async function bench(page: Page, name: 'Patch' | 'Problems' | 'Changes' | 'Plan' | 'Before and after'): Promise<Locator> {
  await page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
  return page.getByRole('tabpanel', { name: new RegExp(`^${name}`) });
}

/** The patch shows a line that was added. */
export async function patchAdds(page: Page, text: string): Promise<void> {
  const panel = await bench(page, 'Patch');
  await panel.locator('.added', { hasText: text }).waitFor();
}

/** What the page says on where the edit stands. */
export function situation(page: Page): Locator {
  return page.getByRole('group', { name: 'Actions' }).getByRole('status');
}

/** Waits until the new code runs. */
export async function waitForSplice(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: BUILD_TIMEOUT_MS });
  await expect.poll(() => situation(page).textContent(), { timeout: 30_000 }).toBe('The new code runs.');
}

/** Drops a file on a part of the page, as a file manager does. */
export async function drop(page: Page, name: string, text: string, part = 'main'): Promise<void> {
  const data = await page.evaluateHandle(
    ([file, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], file));
      return transfer;
    },
    [name, text] as const,
  );
  await page.dispatchEvent(part, 'dragenter', { dataTransfer: data });
  await page.getByText('Drop the patch').waitFor();
  await page.dispatchEvent(part, 'drop', { dataTransfer: data });
  await expect.poll(() => page.getByText('Drop the patch').count()).toBe(0);
}
