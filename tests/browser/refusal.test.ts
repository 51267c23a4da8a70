import { afterAll, beforeAll, expect, it } from 'vitest';
import { readElf } from '../../src/engine/elf/reader.ts';
import { action, openBench, openLab, shot, type Bench } from './support.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** A function of lesson 2's unit that the lesson does not touch. */
const FUNCTION = 'vfs_utimes';
const SUB_ESP = [0x83, 0xec];

/** The object with another constant in `sub $n,%esp` of that function. */
function ofAnotherKernel(object: Buffer): { object: Buffer; is: number; was: number } {
  const elf = readElf(new Uint8Array(object), { name: 'fs/utimes.o' });
  if (!elf.ok) throw new Error(elf.message);
  const code = Buffer.from(elf.value.sections.find(({ name }) => name === `.text.${FUNCTION}`)?.data ?? []);
  const at = object.indexOf(code) + code.indexOf(Buffer.from(SUB_ESP)) + 2;
  const was = object.readUInt8(at);
  const changed = Buffer.from(object);
  changed[at] = was + 4;
  return { object: changed, was, is: was + 4 };
}

it('shows the function and the bytes of an update that was made for another kernel', async () => {
  const { page, context, errors } = await openLab(bench, '#/1/1');
  const seen = { was: 0, is: 0 };
  await page.route('**/utimes-*.o', async (route) => {
    const response = await route.fetch();
    const foreign = ofAnotherKernel(await response.body());
    Object.assign(seen, { was: foreign.was, is: foreign.is });
    await route.fulfill({ status: 200, contentType: 'application/octet-stream', body: foreign.object });
  });
  await page.getByRole('link', { name: /utimensat/ }).click();
  await action(page, /^apply/i).click();

  await page.getByRole('tab', { name: /^Match: refused/ }).waitFor({ timeout: 60_000 });
  await page.mouse.move(700, 20);
  await shot(page, 'refusal-no-match');
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  const detail = page.getByRole('tabpanel', { name: 'match' });
  expect(await detail.textContent()).toMatch(new RegExp(`${FUNCTION} is not what runs at 0xc1[0-9a-f]{6}`));
  const bytes = async (name: RegExp) => (await detail.getByRole('row', { name }).locator('.differs').first().textContent()) ?? '';
  expect(await bytes(/pre/)).toBe(hex(seen.is));
  expect(await bytes(/run/)).toBe(hex(seen.was));
  expect(await page.getByRole('tab', { name: /^Splice: not yet/ }).count()).toBe(1);
  expect(errors).toEqual([]);
  await context.close();
});
