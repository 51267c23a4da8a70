import { expect, test } from 'vitest';
import { readVirtual, translate, type ReadPhysical } from './memory.ts';

const SIZE = 1 << 20;

/** Physical memory with tables written by the test. */
function memory(): {
  bytes: Uint8Array;
  set32: (at: number, value: number) => void;
  set64: (at: number, value: bigint) => void;
  read: ReadPhysical;
} {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  return {
    bytes,
    set32: (at, value) => view.setUint32(at, value, true),
    set64: (at, value) => view.setBigUint64(at, value, true),
    read: (address, length) => (address >= 0 && address + length <= SIZE ? bytes.subarray(address, address + length) : undefined),
  };
}

test('without paging an address is what it is', () => {
  expect(translate(0x1234, { cr0: 1, cr3: 0, cr4: 0 }, memory().read)).toEqual({
    ok: true,
    value: { physical: 0x1234, left: 0xdcc },
  });
});

test('two levels: 4 KiB pages, a 4 MiB page, holes', () => {
  const { bytes, set32, read } = memory();
  const registers = { cr0: 0x80000001 | 0, cr3: 0x1000, cr4: 0x10 };
  set32(0x1000 + 0x300 * 4, 0x2003); // 0xc0000000: a table
  set32(0x2000 + 1 * 4, 0x5003);
  set32(0x2000 + 2 * 4, 0x7003);
  set32(0x1000 + 0x304 * 4, 0x000000e3); // 0xc1000000: 4 MiB at 0
  set32(0x1000 + 0x305 * 4, 0x00400083); // 0xc1400000: 4 MiB at 4 MiB, beyond memory
  expect(translate(0xc0001234, registers, read)).toEqual({ ok: true, value: { physical: 0x5234, left: 0xdcc } });
  expect(translate(0xc1012345, registers, read)).toEqual({ ok: true, value: { physical: 0x12345, left: 0x400000 - 0x12345 } });
  expect(translate(0xc0003000, registers, read)).toMatchObject({ ok: false, code: 'bad_address', where: '0xc0003000' });
  expect(translate(0x10, registers, read)).toMatchObject({ ok: false, code: 'bad_address' });
  bytes.set([1, 2, 3], 0x5ffd);
  bytes.set([4, 5], 0x7000);
  expect(readVirtual(0xc0001ffd, 5, registers, read)).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3, 4, 5) });
  expect(readVirtual(0xc0002fff, 2, registers, read)).toMatchObject({ ok: false, where: '0xc0003000' });
  expect(readVirtual(0xc1400000, 4, registers, read)).toMatchObject({ ok: false, code: 'bad_address' });
  // Without PSE the same entry leads to a table.
  expect(translate(0xc1000000, { ...registers, cr4: 0 }, read)).toMatchObject({ ok: false });
});

test('three levels: 4 KiB pages, a 2 MiB page', () => {
  const { set64, read } = memory();
  const registers = { cr0: 0x80000001 | 0, cr3: 0x1020, cr4: 0x20 };
  set64(0x1020 + 3 * 8, 0x2001n);
  set64(0x2000 + 0 * 8, 0x3003n);
  set64(0x2000 + 8 * 8, 0xe3n); // 0xc1000000
  set64(0x3000 + 1 * 8, 0x8000000000005003n); // not executable
  expect(translate(0xc0001fff, registers, read)).toEqual({ ok: true, value: { physical: 0x5fff, left: 1 } });
  expect(translate(0xc1012345, registers, read)).toEqual({ ok: true, value: { physical: 0x12345, left: 0x200000 - 0x12345 } });
  expect(translate(0xc0002000, registers, read)).toMatchObject({ ok: false });
  expect(translate(0x80000000, registers, read)).toMatchObject({ ok: false });
});
