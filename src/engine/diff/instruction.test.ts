import { describe, expect, it } from 'vitest';
import { decode, instructionStart, walk } from './instruction.ts';

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
