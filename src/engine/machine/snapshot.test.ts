import { expect, test } from 'vitest';
import { checkState, zstdContentSize } from './snapshot.ts';

/** Headers of real frames, as the zstd command writes them for inputs of that size. */
const HEADERS: readonly (readonly [number, string])[] = [
  [100, '28b52ffd2064'],
  [1000, '28b52ffd60e802'],
  [100_000, '28b52ffda0a0860100'],
];

test('the size in the header of a zstd frame', () => {
  for (const [size, header] of HEADERS) {
    expect(zstdContentSize(Uint8Array.from(Buffer.from(header.padEnd(36, '0'), 'hex')))).toBe(size);
  }
});

test('a frame of a stream has no size', () => {
  expect(zstdContentSize(Uint8Array.from(Buffer.from('28b52ffd04580000000000000000', 'hex')))).toBeUndefined();
});

/** A state with nothing in it but the memory size. */
function state(memory: number): Uint8Array<ArrayBuffer> {
  const info = new TextEncoder().encode(JSON.stringify({ buffer_infos: [], state: [memory] }));
  const bytes = new Uint8Array(16 + info.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x86768676, true);
  view.setUint32(4, 6, true);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, info.length, true);
  bytes.set(info, 16);
  return bytes;
}

test('a state is checked before v86 sees it', () => {
  expect(checkState(state(96 << 20), 96 << 20)).toEqual({ ok: true, value: undefined });
  expect(checkState(state(96 << 20), 128 << 20)).toMatchObject({ ok: false, code: 'bad_snapshot' });
  for (const at of [0, 4, 8, 12, 16]) {
    const wrong = state(96 << 20);
    wrong[at] = (wrong[at] ?? 0) ^ 0x40;
    expect(checkState(wrong, 96 << 20)).toMatchObject({ ok: false, code: 'bad_snapshot', hint: expect.any(String) as string });
  }
});
