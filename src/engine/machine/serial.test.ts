import { expect, test, vi } from 'vitest';
import { SerialLine } from './serial.ts';

test('output is gathered into pieces', () => {
  vi.useFakeTimers();
  const line = new SerialLine(
    () => [],
    () => undefined,
  );
  const pieces: string[] = [];
  const end = line.onOutput((bytes) => pieces.push(new TextDecoder().decode(bytes)));
  for (const byte of new TextEncoder().encode('hello')) line.output(byte);
  expect(pieces).toEqual([]);
  vi.advanceTimersByTime(10);
  expect(pieces).toEqual(['hello']);
  for (let i = 0; i < 16 * 1024; i++) line.output(0x78);
  expect(pieces[1]).toHaveLength(16 * 1024);
  end();
  line.output(0x79);
  vi.advanceTimersByTime(10);
  expect(pieces).toHaveLength(2);
  vi.useRealTimers();
});

test('input waits for room and keeps its order', () => {
  const fifo: number[] = [];
  const line = new SerialLine(
    () => fifo,
    (byte) => fifo.push(byte),
  );
  const text = Array.from({ length: 300 }, (_, i) => String.fromCharCode(0x30 + (i % 50))).join('');
  line.send(text.slice(0, 60));
  line.send('');
  line.send(new TextEncoder().encode(text.slice(60)));
  expect(fifo).toHaveLength(128);
  let taken = '';
  while (fifo.length > 0) {
    taken += String.fromCharCode(...fifo.splice(0, 5));
    line.pump();
  }
  expect(taken).toBe(text);
  line.send('x'.repeat(400));
  line.reset();
  line.pump();
  expect(fifo).toEqual([]);
});
