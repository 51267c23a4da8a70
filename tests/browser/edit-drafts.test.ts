import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { ROOT } from '../../tools/dev/paths.mjs';
import { action, newPage, openBench, shot, waitForPrompt, type Bench } from './support.ts';
import { bench as tab, BUILD_TIMEOUT_MS, drop, find, patchAdds, situation, source, writeAbove } from './editing.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const LESSON = readFileSync(join(ROOT, 'lessons/01-version/change.patch'), 'utf8');

async function openEditor(address = '#/edit') {
  const opened = await newPage(bench);
  await opened.page.goto(bench.url + address);
  await opened.page.getByRole('region', { name: 'Editor' }).waitFor();
  return opened;
}

const drafts = async (page: Page) => {
  await page.getByTitle('Drafts of this browser').click();
};

describe('a draft', () => {
  it('survives a reload with its text, its tabs and its place, and can be named, left, opened and deleted', async () => {
    const { page, context, errors } = await openEditor('#/edit/fs/pipe.c:400');
    await source(page).waitFor();
    await find(page, 'fs/proc/version.c');
    await writeAbove(page, 'return 0;', '/* kept */');
    await patchAdds(page, '/* kept */');
    // At once: what was typed last must not be lost.
    await page.locator('.cm-line', { hasText: '/* kept */' }).click();
    await page.keyboard.type('/* and this */');
    await page.reload();
    await page.locator('.cm-line', { hasText: '/* and this */' }).waitFor();
    await patchAdds(page, '/* and this */');
    const tabs = await page.getByRole('tablist', { name: 'Open files' }).getByRole('tab').allTextContents();
    expect(tabs.map((name) => name.trim())).toEqual(['pipe.c', 'version.c (changed)']);
    expect(page.url()).toMatch(/#\/edit\/fs\/proc\/version\.c/);

    await drafts(page);
    await page.getByLabel('Name of this draft').fill('Quicker pipe');
    await page.getByLabel('Name of this draft').press('Enter');
    await shot(page, 'drafts-list');
    await page.getByRole('button', { name: 'New draft' }).last().click();
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    await drafts(page);
    await page.getByRole('button', { name: /^Quicker pipe/ }).click();
    await page.locator('.cm-line', { hasText: '/* and this */' }).waitFor();
    await drafts(page);
    await page.getByRole('button', { name: 'Delete Quicker pipe' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('None yet.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  it('has a history of its own for each file', async () => {
    const { page, context } = await openEditor('#/edit/fs/proc/version.c');
    await source(page).waitFor();
    await writeAbove(page, 'return 0;', '/* one */');
    await find(page, 'fs/proc/uptime.c');
    await writeAbove(page, 'struct timespec64 uptime;', '/* two */');
    await page.getByRole('tab', { name: 'version.c' }).click();
    await page.locator('.cm-line', { hasText: '/* one */' }).click();
    for (let times = 0; times < 3; times++) await page.keyboard.press('Control+z');
    await expect.poll(() => source(page).textContent()).not.toContain('/* one */');
    await page.getByRole('tab', { name: 'uptime.c' }).click();
    await page.locator('.cm-line', { hasText: '/* two */' }).waitFor();
    await page.getByRole('button', { name: 'Revert file' }).click();
    await page.getByText('Nothing is changed yet.').waitFor();
    await context.close();
  });
});

describe('another draft', () => {
  it('ends the build that is under way, and nothing is said of the old one', async () => {
    const { page, context, errors } = await openEditor('#/edit/include/linux/list.h');
    await waitForPrompt(page);
    await source(page).waitFor();
    await writeAbove(page, 'static inline void INIT_LIST_HEAD', 'static inline int hotsplice_probe(void) { return 1; }');
    await action(page, /compile and splice/i).click();
    await page.getByRole('button', { name: /^Compile [\d\s]+units/ }).click();
    await expect.poll(() => situation(page).textContent(), { timeout: BUILD_TIMEOUT_MS }).toMatch(/units done/);
    await drafts(page);
    await page.getByRole('button', { name: 'New draft' }).last().click();
    await expect.poll(() => situation(page).textContent()).toBe('Change something, then compile and splice.');
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    await (await tab(page, 'Problems')).getByText('Nothing has been compiled yet.').waitFor();
    expect(await page.getByRole('tab', { name: /: running/ }).count()).toBe(0);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('leaves each file as it was left: the place in it, and the cursor', async () => {
    const { page, context } = await openEditor('#/edit/fs/pipe.c:400');
    await source(page).waitFor();
    await page.locator('.cm-activeLine').click();
    await page.keyboard.press('End');
    const top = () => page.locator('.cm-scroller').evaluate((view) => view.scrollTop);
    await page.locator('.cm-scroller').evaluate((view) => view.scrollBy(0, 90));
    const before = await top();
    await find(page, 'fs/proc/version.c');
    await page.getByRole('tab', { name: 'pipe.c' }).click();
    await expect.poll(top).toBe(before);
    await page.keyboard.type('/* here */');
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toMatch(/.\/\* here \*\/$/);
    // Delete on a tab closes its file; the focus stays among the tabs.
    await page.getByRole('tab', { name: 'pipe.c' }).focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('version.c');
    await context.close();
  });
});

describe('two tabs with one draft', () => {
  it('say so, and neither takes the place of the other’s text', async () => {
    const { page, context, errors } = await openEditor('#/edit/fs/proc/version.c');
    await source(page).waitFor();
    await writeAbove(page, 'return 0;', '/* first */');
    await patchAdds(page, '/* first */');
    const other = await context.newPage();
    await other.goto(`${bench.url}#/edit`);
    await other.locator('.cm-line', { hasText: '/* first */' }).waitFor();
    const notice = page.getByText('This draft has been changed in another tab.');
    // To open it there is no change.
    await other.waitForTimeout(1000);
    expect(await notice.count()).toBe(0);
    await writeAbove(other, 'return 0;', '/* there */');
    await notice.waitFor();
    await writeAbove(page, 'return 0;', '/* here */');
    await page.getByTitle('Drafts of this browser').filter({ hasText: 'Edit of version.c (copy)' }).waitFor();
    await expect.poll(() => notice.count()).toBe(0);
    await page.close();
    await drafts(other);
    await other.getByRole('button', { name: /^Edit of version\.c \(copy\) 1/ }).click();
    await other.locator('.cm-line', { hasText: '/* here */' }).waitFor();
    await drafts(other);
    await other.getByRole('button', { name: /^Edit of version\.c 1/ }).click();
    await other.locator('.cm-line', { hasText: '/* there */' }).waitFor();
    expect(await source(other).textContent()).not.toContain('/* here */');
    expect(errors).toEqual([]);
    await context.close();
  });
});

describe('a link', () => {
  it('carries the change to somebody else', async () => {
    const { page, context } = await openEditor('#/edit/fs/proc/version.c');
    await source(page).waitFor();
    await writeAbove(page, 'return 0;', '/* shared – ü */');
    await page.getByRole('button', { name: 'Share' }).click();
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
    expect(link).toMatch(/#\/edit\?p=[A-Za-z0-9_-]+$/);
    await shot(page, 'share');
    await context.close();

    const other = await newPage(bench);
    await other.page.goto(link);
    await other.page.locator('.cm-line', { hasText: '/* shared – ü */' }).waitFor();
    await patchAdds(other.page, '/* shared – ü */');
    // Opened again, it is the same draft.
    await other.page.goto(bench.url);
    await other.page.goto(link);
    await other.page.locator('.cm-line', { hasText: '/* shared – ü */' }).waitFor();
    await drafts(other.page);
    expect(await other.page.getByRole('button', { name: /^Delete Edit of/ }).count()).toBe(1);
    await other.context.close();
  });

  it.each(['#/edit?p=AAAA', '#/edit?p=%3Cscript%3E', '#/edit?p=', '#/edit/../../etc/passwd', '#/edit?x=1'])(
    '%s that is broken is told as such',
    async (address) => {
      const { page, context, errors } = await openEditor(address);
      const panel = page.getByRole('alert').filter({ hasText: 'The link cannot be opened' });
      await panel.waitFor();
      expect(await panel.textContent()).toMatch(/Way out[\s\S]*bad_link/);
      expect(errors).toEqual([]);
      await context.close();
    },
  );

  it('to a file that this kernel has not says so', async () => {
    const { page, context } = await openEditor('#/edit/drivers/nothing/here.c');
    await page.getByRole('alert').filter({ hasText: 'drivers/nothing/here.c cannot be opened' }).waitFor();
    await shot(page, 'link-no-file');
    await context.close();
  });
});

describe('a patch file', () => {
  it('dropped on a lesson opens in the editor', async () => {
    const { page, context, errors } = await newPage(bench);
    await page.goto(`${bench.url}#/2/1`);
    await page.getByRole('heading', { name: 'Terminal' }).waitFor();
    await drop(page, 'version.patch', LESSON);
    await source(page).waitFor();
    await patchAdds(page, 'Updated while running');
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('Updated while running');
    expect(errors).toEqual([]);
    await context.close();
  });

  it('dropped on a source opens as a draft, and does not get into the text', async () => {
    const { page, context } = await openEditor('#/edit/fs/pipe.c');
    await source(page).waitFor();
    await writeAbove(page, '#include <linux/mm.h>', '/* mine */');
    await drop(page, 'version.patch', LESSON, '.cm-content');
    await page.getByRole('textbox', { name: 'Source of fs/proc/version.c' }).waitFor();
    await patchAdds(page, 'Updated while running');
    await drafts(page);
    await page.getByRole('button', { name: /^Edit of pipe\.c 1/ }).click();
    await patchAdds(page, '/* mine */');
    expect(await (await tab(page, 'Patch')).textContent()).not.toContain('Updated while running');
    // What was dropped on a lesson goes before the draft that was open last.
    await page.goto(`${bench.url}#/2/1`);
    await page.reload();
    await page.getByRole('heading', { name: 'Terminal' }).waitFor();
    await drop(page, 'utimes.patch', readFileSync(join(ROOT, 'lessons/02-utimensat/change.patch'), 'utf8'));
    await page.getByRole('textbox', { name: 'Source of fs/utimes.c' }).waitFor();
    await page.waitForTimeout(500);
    expect(await source(page).getAttribute('aria-label')).toBe('Source of fs/utimes.c');
    await context.close();
  });

  it('pasted opens too, and chosen', async () => {
    const { page, context } = await openEditor();
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, LESSON);
    await patchAdds(page, 'Updated while running');
    await page.getByRole('button', { name: 'File', exact: true }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: /Open a patch file/ }).click();
    await (await chooser).setFiles(join(ROOT, 'lessons/02-utimensat/change.patch'));
    await page.getByRole('textbox', { name: 'Source of fs/utimes.c' }).waitFor();
    await context.close();
  });

  it('that does not fit shows both sides and leads to the nearest place; the draft stays', async () => {
    const { page, context } = await openEditor('#/edit/fs/pipe.c');
    await source(page).waitFor();
    await writeAbove(page, '#include <linux/mm.h>', '/* mine */');
    await drop(page, 'old.patch', LESSON.replaceAll('utsname()', 'nonesuch()'));
    const panel = page.getByRole('alert').filter({ hasText: 'The patch does not apply' });
    await panel.waitFor();
    expect(await panel.textContent()).toContain('patch_failed');
    await page.getByRole('region', { name: 'Lines the patch expects' }).getByText('nonesuch()->release').waitFor();
    await page.getByRole('region', { name: 'Lines that are there' }).getByText('utsname()->release').waitFor();
    await shot(page, 'patch-failed');
    await patchAdds(page, '/* mine */');
    await page.getByRole('button', { name: /Go to the nearest place/ }).click();
    await page.getByRole('textbox', { name: 'Source of fs/proc/version.c' }).waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await patchAdds(page, '/* mine */');
    await context.close();
  });

  it.each([
    ['a picture', '\u0000\u0001PNG\u0000', /not_a_patch|binary|empty_patch|patch_encoding/],
    ['an empty file', '', /empty_patch|not_a_patch/],
    ['too much', 'x'.repeat(7_000_000), /patch_too_large/],
  ])('that is %s is refused', async (_, text, code) => {
    const { page, context, errors } = await openEditor();
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    await drop(page, 'x.patch', text);
    await expect.poll(() => page.getByRole('alert').first().textContent()).toMatch(code);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('is saved, and is the patch that is shown', async () => {
    const { page, context } = await openEditor('#/edit?lesson=1');
    await patchAdds(page, 'Updated while running');
    await page.getByRole('button', { name: 'File', exact: true }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: /Save the patch/ }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('A-line-in-proc-version.patch');
    const text = readFileSync(await file.path(), 'utf8');
    expect(text).toMatch(/^diff --git a\/fs\/proc\/version\.c b\/fs\/proc\/version\.c\n/);
    expect(text).toContain('+\tseq_puts(m, "Updated while running');
    await context.close();
  });
});

describe('without a connection', () => {
  it('the editor says that it cannot be loaded, and can be tried again', async () => {
    const { page, context } = await newPage(bench);
    await page.goto(bench.url);
    await page.getByRole('heading', { name: 'Terminal' }).waitFor();
    await page.route('**/assets/editor-*.js', (route) => route.abort());
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    const panel = page.getByRole('alert').filter({ hasText: 'The editor cannot be loaded' });
    await panel.waitFor();
    await shot(page, 'editor-offline');
    await page.unroute('**/assets/editor-*.js');
    await panel.getByRole('button', { name: 'Reload the page' }).click();
    await page.getByRole('heading', { name: 'The source of the kernel that runs here' }).waitFor();
    await context.close();
  });

  it('the source says that it cannot be loaded, and can be tried again', async () => {
    const { page, context } = await newPage(bench);
    await page.route('**/functions.json.gz', (route) => route.abort());
    await page.goto(`${bench.url}#/edit/fs/pipe.c`);
    const panel = page.getByRole('alert').filter({ hasText: 'The kernel’s source cannot be loaded' });
    await panel.waitFor();
    expect(await panel.textContent()).toContain('Way out');
    await page.unroute('**/functions.json.gz');
    await panel.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('textbox', { name: 'Source of fs/pipe.c' }).waitFor();
    await context.close();
  });
});
