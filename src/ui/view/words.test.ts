import { describe, expect, it } from 'vitest';
import { bytePairs, bytes, clock, count, duration, millions, plural } from './words.ts';

const plain = (text: string) => text.replaceAll(/[\u202f\u00a0]/g, ' ');

describe('words', () => {
  it('groups thousands', () => {
    expect(plain(count(1234567))).toBe('1 234 567');
    expect(count(999)).toBe('999');
  });
  it('knows one from many', () => {
    expect(plain(plural(1, 'try', 'tries'))).toBe('1 try');
    expect(plain(plural(1200, 'section'))).toBe('1 200 sections');
  });
  it.each([
    [999, '999 ns'],
    [412_000, '412 µs'],
    [31_200_000, '31.2 ms'],
    [4_020_000_000, '4.02 s'],
  ])('says %i ns as %s', (value, text) => expect(plain(duration(value))).toBe(text));
  it.each([
    [1, '1 byte'],
    [21_344, '21.3 KB'],
    [3_900_000, '3.90 MB'],
  ])('says %i bytes as %s', (value, text) => expect(plain(bytes(value))).toBe(text));
  it('says instructions and clock times', () => {
    expect(plain(millions(412_000_000))).toBe('412 M');
    expect(clock(3723)).toBe('1:02:03');
    expect(clock(67)).toBe('1:07');
  });
  it('takes only whole bytes of hex', () => {
    expect(bytePairs('E99bca7c07')).toEqual(['e9', '9b', 'ca', '7c', '07']);
    expect(bytePairs('zz')).toEqual([]);
  });
});
