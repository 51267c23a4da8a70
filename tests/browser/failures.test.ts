import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import {
  action,
  newPage,
  openBench,
  openLab,
  shot,
  terminalText,
  waitForPrompt,
  waitForTerminal,
  type Bench,
} from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const panel = (page: Page) => page.getByRole('alert').filter({ has: page.getByText('Way out.') });

async function panelText(page: Page, timeout = 20_000): Promise<string> {
  await panel(page).first().waitFor({ timeout });
  return (await panel(page).first().textContent()) ?? '';
}

describe('a browser that cannot', () => {
  it('says so without WebAssembly', async () => {
    const { page, context } = await newPage(bench);
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await page.goto(bench.url);
    expect(await panelText(page)).toMatch(/does not run WebAssembly[\s\S]*Way out\.[\s\S]*no_wasm/);
    await shot(page, 'failure-no-wasm');
    await context.close();
  });

  it('says so where a policy forbids WebAssembly', async () => {
    const { page, context } = await newPage(bench);
    await page.route(/\/$|\.js$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': "script-src 'self' blob:" } });
    });
    await page.goto(bench.url);
    expect(await panelText(page)).toMatch(/emulator could not be loaded[\s\S]*Way out\.[\s\S]*wasm-unsafe-eval[\s\S]*no_wasm/);
    await context.close();
  });

  it('says so with too little memory', async () => {
    // 64 MiB of WebAssembly memory; the machine needs more than twice that.
    const poor = await openBench(['--js-flags=--wasm-max-mem-pages=1024']);
    const { page } = await newPage(poor);
    await page.goto(poor.url);
    expect(await panelText(page)).toMatch(/too little memory[\s\S]*Expected[\s\S]*MiB[\s\S]*no_memory/);
    await shot(page, 'failure-no-memory');
    await poor.close();
  });
});

describe('a pack file', () => {
  it('with a changed byte is named with both hashes, and starting again works once it is right', async () => {
    const { page, context } = await newPage(bench);
    await page.route('**/snapshot.zst', async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      const at = body.length >> 1;
      body[at] = (body[at] ?? 0) ^ 1;
      await route.fulfill({ response, body });
    });
    await page.goto(bench.url);
    expect(await panelText(page)).toMatch(
      /snapshot\.zst[\s\S]*Expected\s*sha256 [0-9a-f]{64}[\s\S]*Found\s*sha256 [0-9a-f]{64}[\s\S]*pack_hash/,
    );
    await shot(page, 'failure-pack-hash');
    await page.unroute('**/snapshot.zst');
    await page.getByRole('button', { name: 'Start it again' }).click();
    await waitForPrompt(page);
    await context.close();
  });

  it('that is missing is named', async () => {
    const { page, context } = await newPage(bench);
    await page.route('**/snapshot.zst', (route) => route.fulfill({ status: 404, body: 'no' }));
    await page.goto(bench.url);
    expect(await panelText(page)).toMatch(/snapshot\.zst[\s\S]*HTTP 404[\s\S]*pack_file/);
    await context.close();
  });
});

describe('a worker that dies', () => {
  it('leaves the terminal as it is and can be started again', async () => {
    const { page, context } = await openLab(bench);
    await page.locator('[data-region="terminal"] .xterm').click();
    await page.keyboard.type('echo kept-$((40+2))\n');
    await waitForTerminal(page, /^kept-42/m);
    const machine = page.workers().find((worker) => worker.url().includes('session'));
    if (!machine) throw new Error('the machine has no worker');
    await machine.evaluate(() => {
      setTimeout(() => {
        throw new Error('pulled the plug');
      });
    });
    expect(await panelText(page)).toMatch(/crashed[\s\S]*pulled the plug[\s\S]*worker_crashed/);
    expect(await terminalText(page)).toContain('kept-42');
    await shot(page, 'failure-worker');
    await page.getByRole('button', { name: 'Start it again' }).click();
    await waitForPrompt(page);
    expect(await terminalText(page)).toContain('kept-42');
    await context.close();
  });

  it('without a word is noticed', async () => {
    const { page, context } = await openLab(bench);
    const machine = page.workers().find((worker) => worker.url().includes('session'));
    if (!machine) throw new Error('the machine has no worker');
    await machine.evaluate(() => close());
    expect(await panelText(page, 30_000)).toMatch(/does not answer[\s\S]*worker_silent/);
    await page.getByRole('button', { name: 'Start it again' }).click();
    await waitForPrompt(page);
    await context.close();
  });

  it('in the midst of an apply ends the apply with the reason', async () => {
    const { page, context } = await openLab(bench, '#/5/1');
    await action(page, /try to apply/i).click();
    await page.getByRole('tab', { name: /^Stop: under way/ }).waitFor({ timeout: 60_000 });
    const machine = page.workers().find((worker) => worker.url().includes('session'));
    if (!machine) throw new Error('the machine has no worker');
    await machine.evaluate(() => {
      setTimeout(() => {
        throw new Error('pulled the plug');
      });
    });
    expect(await panelText(page)).toContain('worker_crashed');
    await page.getByRole('button', { name: 'Start it again' }).click();
    await waitForPrompt(page);
    await context.close();
  });
});

describe('a guest that dies', () => {
  it('by a panic can be reset, and the terminal keeps the kernel’s last words', async () => {
    const { page, context } = await openLab(bench);
    await page.locator('[data-region="terminal"] .xterm').click();
    await page.keyboard.type('echo c > /proc/sysrq-trigger\n');
    expect(await panelText(page)).toMatch(/guest_(panic|oops)/);
    await shot(page, 'failure-panic');
    await page.getByRole('button', { name: 'Reset to the snapshot' }).click();
    await expect.poll(() => panel(page).count()).toBe(0);
    await page.locator('[data-region="terminal"] .xterm').click();
    await page.keyboard.type('echo alive-$((40+2))\n');
    await waitForTerminal(page, /^alive-42/m);
    await context.close();
  });

  it('mid-apply breaks the apply off; the guest is brought back and the apply can be done', async () => {
    const { page, context } = await openLab(bench, '#/5/1');
    await page.locator('[data-region="terminal"] .xterm').click();
    // The refused lesson tries for four seconds; the panic comes in the second of them.
    await action(page, /try to apply/i).click();
    await page.getByRole('tab', { name: /^Stop: under way/ }).waitFor({ timeout: 60_000 });
    await page.locator('[data-region="terminal"] .xterm').click();
    await page.keyboard.type('echo c > /proc/sysrq-trigger\n');
    expect(await panelText(page)).toMatch(/Broken off|guest_(panic|oops)/);
    await shot(page, 'failure-mid-apply');
    await expect.poll(() => action(page, /run the check/i).isEnabled(), { timeout: 60_000 }).toBe(true);
    await page
      .getByRole('link', { name: /version/ })
      .first()
      .click();
    await action(page, /^apply/i).click();
    await page.getByRole('tab', { name: /^Applied: done/ }).waitFor({ timeout: 60_000 });
    await context.close();
  });
});
