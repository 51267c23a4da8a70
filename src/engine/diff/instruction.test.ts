import { describe, expect, it } from 'vitest';
import { decode, instructionStart, isNops, walk } from './instruction.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.split(' '), (byte) => parseInt(byte, 16));

describe('decode', () => {
  it.each([
    ['55', 1],
    ['89 e5', 2],
    ['8b 45 08', 3],
    ['8d 44 24 10', 4],
    ['8b 04 8d 00 00 00 00', 7],
    ['81 ec 00 01 00 00', 6],
    ['83 ec 08', 3],
    ['c7 45 f0 01 00 00 00', 7],
    ['66 c7 45 f0 01 00', 6],
    ['f7 c2 01 00 00 00', 6],
    ['f7 d8', 2],
    ['f6 40 08 01', 4],
    ['0f b6 c0', 3],
    ['0f 84 00 00 00 00', 6],
    ['e8 fc ff ff ff', 5],
    ['eb 04', 2],
    ['0f 0b', 2],
    ['0f 1f 44 00 00', 5],
    ['f0 0f b1 11', 4],
    ['64 a1 00 00 00 00', 6],
    ['64 8b 15 00 00 00 00', 7],
    ['c8 10 00 00', 4],
    ['0f ba e0 07', 4],
    ['0f c7 0e', 3],
    ['69 c0 10 27 00 00', 6],
    ['3e 8d b4 26 00 00 00 00', 8],
    ['9a 00 00 00 00 10 00', 7],
    ['67 8b 46 04', 4],
  ])('finds the length of %s', (code, length) => {
    expect(decode(bytes(`${code} 90 90`), 0)?.length).toBe(length);
  });

  it.each([
    ['48 89 e5', 3],
    ['48 b8 00 00 00 00 00 00 00 00', 10],
    ['b8 01 00 00 00', 5],
    ['66 b8 01 00', 4],
    ['48 c7 c7 00 00 00 00', 7],
    ['48 81 ec 00 01 00 00', 7],
    ['8b 05 00 00 00 00', 6],
    ['83 3d 00 00 00 00 64', 7],
    ['81 3d 00 00 00 00 a0 86 01 00', 10],
    ['66 c7 05 00 00 00 00 07 00', 9],
    ['65 48 8b 04 25 00 00 00 00', 9],
    ['48 63 c7', 3],
    ['41 57', 2],
    ['a1 00 00 00 00 00 00 00 00', 9],
    ['67 8b 46 04', 4],
    ['66 e8 00 00 00 00', 6],
    ['f3 0f 1e fa', 4],
    ['66 66 2e 0f 1f 84 00 00 00 00 00', 11],
    ['f3 48 0f b8 c7', 5],
    ['0f 38 f0 07', 4],
    ['66 0f 3a 0f c1 08', 6],
    ['c5 f8 77', 3],
    ['c5 fd 6f 07', 4],
    ['c4 e2 7d 58 05 00 00 00 00', 9],
    ['c4 e3 fd 00 c0 4e', 6],
    ['62 f1 7c 48 28 07', 6],
    ['48 0f c7 0e', 4],
    ['0f 01 ca', 3],
  ])('finds the length of %s in 64-bit code', (code, length) => {
    expect(decode(bytes(`${code} 90 90`), 0, 64)?.length).toBe(length);
  });

  it('tells padding from code', () => {
    expect(isNops(bytes('66 2e 0f 1f 84 00 00 00 00 00 66 90 cc'), 64)).toBe(true);
    expect(isNops(bytes('8d b4 26 00 00 00 00 8d 76 00 89 f6 90'), 32)).toBe(true);
    expect(isNops(bytes('8d 76 04'), 32)).toBe(false);
    expect(isNops(bytes('8d 76 00'), 64)).toBe(false);
    expect(isNops(bytes('90 c3'), 64)).toBe(false);
  });

  it('tells a branch and where its displacement is', () => {
    expect(decode(bytes('e8 fc ff ff ff'), 0)).toEqual({ length: 5, immediateOffset: 1, immediateSize: 4, branch: true });
    expect(decode(bytes('0f 85 01 00 00 00'), 0)).toMatchObject({ immediateOffset: 2, immediateSize: 4, branch: true });
    expect(decode(bytes('b8 01 00 00 00'), 0)).toMatchObject({ immediateOffset: 1, immediateSize: 4, branch: false });
  });

  it('gives nothing where the bytes end inside of an instruction', () => {
    expect(decode(bytes('e8 fc ff'), 0)).toBeUndefined();
    expect([...walk(bytes('55 e8 fc ff'))].map(({ offset }) => offset)).toEqual([0]);
  });

  it('finds the instruction that a byte belongs to', () => {
    expect(instructionStart(bytes('55 89 e5 b8 01 00 00 00 c3'), 5)).toBe(3);
  });
});
