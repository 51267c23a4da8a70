import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KernelSymbols } from './symbols.ts';
import { KernelText } from './text.ts';

const MAP = `c1000000 T _stext
c1000000 T _text
c1000010 t helper
c1000020 T sys_one
c1000030 t helper
c1000040 T _etext
c1001000 D counter
`;

function parse(text: string): KernelSymbols {
  const symbols = KernelSymbols.parse(text);
  if (!symbols.ok) throw new Error(symbols.found);
  return symbols.value;
}

test('by name', () => {
  const symbols = parse(MAP);
  expect(symbols.size).toBe(7);
  expect(symbols.address('sys_one')).toEqual({ ok: true, value: 0xc1000020 });
  expect(symbols.named('helper').map(({ address }) => address)).toEqual([0xc1000010, 0xc1000030]);
  expect(symbols.address('helper')).toMatchObject({ ok: false, code: 'unknown_symbol', found: '2 symbols' });
  expect(symbols.address('none')).toMatchObject({ ok: false, code: 'unknown_symbol', where: 'none' });
});

test('by address', () => {
  const symbols = parse(MAP);
  const at = (address: number) => {
    const place = symbols.at(address);
    return place && `${place.symbol.name}+${place.offset}`;
  };
  expect(at(0xc0ffffff)).toBeUndefined();
  expect(at(0xc1000000)).toBe('_stext+0');
  expect(at(0xc100000f)).toBe('_stext+15');
  expect(at(0xc1000025)).toBe('sys_one+5');
  expect(at(0xffffffff)).toBe('counter+1056960511');
});

test('by address agrees with a search from the front', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), fc.integer({ min: 0, max: 1100 }), (addresses, wanted) => {
      const symbols = parse(addresses.map((a) => `${a.toString(16).padStart(8, '0')} T s${a}`).join('\n'));
      const below = addresses.filter((a) => a <= wanted);
      expect(symbols.at(wanted)?.symbol.address).toBe(below.length > 0 ? Math.max(...below) : undefined);
    }),
  );
});

test('a line that is none is refused by its number', () => {
  expect(KernelSymbols.parse('c1000000 T _stext\nnonsense\n')).toMatchObject({ ok: false, code: 'bad_system_map', where: 'line 2', found: 'nonsense' });
  expect(KernelSymbols.parse('')).toMatchObject({ ok: false, code: 'bad_system_map' });
  expect(KernelSymbols.parse('\0\0')).toMatchObject({ ok: false, code: 'bad_system_map' });
});

test('differences of kernel text are named and whole', async () => {
  const symbols = parse(MAP);
  const bytes = new Uint8Array(0x40).fill(0x90);
  const machine = { readVirtual: (address: number, length: number) => ({ ok: true as const, value: bytes.slice(address - 0xc1000000, address - 0xc1000000 + length) }) };
  const read = () => {
    const text = KernelText.read(machine, symbols);
    if (!text.ok) throw new Error(text.message);
    return text.value;
  };
  const before = read();
  expect(before.differences(read())).toEqual([]);
  bytes.set([0xe9, 0x90, 0x12, 0x90, 0x34], 0x20);
  bytes[0x3f] = 0xcc;
  const after = read();
  expect(before.differences(after)).toEqual([
    { address: 0xc1000020, name: 'sys_one', offset: 0, before: new Uint8Array(5).fill(0x90), after: Uint8Array.of(0xe9, 0x90, 0x12, 0x90, 0x34) },
    { address: 0xc100003f, name: 'helper', offset: 15, before: Uint8Array.of(0x90), after: Uint8Array.of(0xcc) },
  ]);
  expect(await after.hash()).not.toBe(await before.hash());
});
