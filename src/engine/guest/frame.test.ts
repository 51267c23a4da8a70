import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from '../crc32.ts';
import { encodeFrame, FrameReader, HEADER_SIZE, PAYLOAD_MAX, type Frame } from './frame.ts';

const frame = fc.record<Frame>({
  session: fc.integer({ min: 1, max: 0xffffffff }),
  sequence: fc.integer({ min: 0, max: 0xffffffff }),
  acknowledged: fc.integer({ min: 0, max: 0xffffffff }),
  type: fc.integer({ min: 0, max: 255 }),
  channel: fc.integer({ min: 0, max: 0xffff }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

function read(chunks: readonly Uint8Array[]): { frames: Frame[]; reader: FrameReader } {
  const frames: Frame[] = [];
  const reader = new FrameReader('to-host', (f) => frames.push(f));
  for (const chunk of chunks) reader.push(chunk);
  return { frames, reader };
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

test('crc32 is the one of gzip', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new TextEncoder().encode('789'), crc32(new TextEncoder().encode('123456')))).toBe(0xcbf43926);
});

test('frames come back as they were, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), (frames, size) => {
      const stream = join(frames.map((f) => encodeFrame(f, 'to-host')));
      const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => stream.subarray(i * size, (i + 1) * size));
      expect(read(pieces).frames).toEqual(frames);
    }),
  );
});

test('the largest frame fits a page', () => {
  const payload = new Uint8Array(PAYLOAD_MAX).fill(0x48);
  const bytes = encodeFrame({ session: 1, sequence: 1, acknowledged: 0, type: 1, channel: 0, payload }, 'to-host');
  expect(bytes).toHaveLength(4096);
  expect(read([bytes]).frames[0]?.payload).toEqual(payload);
  expect(() => encodeFrame({ session: 1, sequence: 1, acknowledged: 0, type: 1, channel: 0, payload: new Uint8Array(PAYLOAD_MAX + 1) }, 'to-host')).toThrow(RangeError);
});

test('between frames anything may come; a damaged frame is not taken, the next one is', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), fc.uint8Array({ maxLength: 100 }), fc.nat(), (frames, junk, where) => {
      const encoded = frames.map((f) => encodeFrame(f, 'to-host'));
      const index = where % frames.length;
      const damaged = encoded[index]?.slice() ?? new Uint8Array();
      const at = where % damaged.length;
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      const { frames: found, reader } = read([...encoded.slice(0, index), damaged, junk, ...encoded.slice(index + 1)]);
      // A wrong length or a beginning in the junk may make the reader wait; then the time is up.
      for (let i = 0; reader.pending && i < 5000; i++) reader.giveUp();
      expect(reader.pending).toBe(false);
      expect(found).toEqual(frames.filter((_, i) => i !== index));
    }),
  );
});

test('half a frame and then a whole one: found after the time is up', () => {
  const whole = encodeFrame({ session: 7, sequence: 1, acknowledged: 0, type: 35, channel: 3, payload: new Uint8Array(5) }, 'to-host');
  const half = encodeFrame({ session: 7, sequence: 1, acknowledged: 0, type: 64, channel: 3, payload: new Uint8Array(3000) }, 'to-host').subarray(0, 100);
  const { frames, reader } = read([half, whole]);
  expect(frames).toEqual([]);
  reader.giveUp();
  expect(frames.map(({ type }) => type)).toEqual([35]);
});

test('the other direction’s frames are not taken: a console may echo', () => {
  const echo = encodeFrame({ session: 7, sequence: 1, acknowledged: 0, type: 35, channel: 3, payload: new Uint8Array(5) }, 'to-guest');
  expect(echo).toHaveLength(HEADER_SIZE + 5);
  expect(read([echo]).frames).toEqual([]);
});
