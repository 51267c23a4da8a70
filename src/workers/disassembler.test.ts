import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { disassemble, load } from './disassembler.ts';

beforeAll(async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('capstone-wasm'));
  expect(await load(readFileSync(join(folder, 'capstone.wasm')))).toMatchObject({ ok: true });
});

/** push ebp; mov ebp,esp; mov eax,OFFSET msg+4; call printk; je +0x1; mov eax,[table+ecx*4]; ret */
const CODE = {
  section: '.text.f',
  size: 23,
  bytes: '5589e5b800000000e800000000740a8b048d00000000c3',
  relocations: [
    { offset: 4, size: 4, kind: 'abs32', target: '"hello"+4' },
    { offset: 9, size: 4, kind: 'pc32', target: '_printk' },
    { offset: 18, size: 4, kind: 'abs32', target: 'table' },
  ],
} as const;

it('writes relocations by name and jumps by offset', () => {
  const listing = disassemble(CODE);
  if (!listing.ok) throw new Error(listing.message);
  expect(listing.value.map(({ offset, mnemonic, operands }) => `${offset} ${mnemonic} ${operands}`.trim())).toEqual([
    '0 push ebp',
    '1 mov ebp, esp',
    '3 mov eax, "hello"+4',
    '8 call _printk',
    '13 je +0x19',
    '15 mov eax, dword ptr [ecx*4 + table]',
    '22 ret',
  ]);
  expect(listing.value[3]?.bytes).toBe('e800000000');
  expect(listing.value.map(({ local }) => local)).toEqual([false, false, false, false, true, false, false]);
});

it('refuses what is no hex', () => {
  expect(disassemble({ ...CODE, bytes: '5g' })).toMatchObject({ ok: false, code: 'bad_code' });
});
