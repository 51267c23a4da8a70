import { expect, test, vi } from 'vitest';
import { CrashWatch, type CrashReport } from './crash.ts';

function watch(text: string, size = 7): CrashReport[] {
  const reports: CrashReport[] = [];
  const crash = new CrashWatch((report) => reports.push(report));
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) crash.push(bytes.subarray(at, at + size));
  return reports;
}

const OOPS = `BUG: kernel NULL pointer dereference, address: 00000000\r
#PF: supervisor write access in kernel mode\r
Oops: 0002 [#1] SMP\r
CPU: 0 PID: 49 Comm: sh\r
---[ end trace 0000000000000000 ]---\r
`;

test('an oops, whole and once, however the output is cut', () => {
  for (const size of [1, 7, 1000]) {
    expect(watch(`hotsplice:~# ls\r\n${OOPS}hotsplice:~# \r\n`, size)).toEqual([
      { kind: 'oops', text: OOPS.replaceAll('\r', '').trimEnd() },
    ]);
  }
});

test('an oops that ends in a panic is a panic', () => {
  const [first, second] = watch(
    `${OOPS}Kernel panic - not syncing: Fatal exception\n---[ end Kernel panic - not syncing: Fatal exception ]---\n`,
  );
  expect(first?.kind).toBe('oops');
  expect(second).toMatchObject({ kind: 'panic', text: expect.stringContaining('Fatal exception') as string });
});

test('a shutdown', () => {
  expect(watch('reboot: Power down\n')).toEqual([{ kind: 'halt', text: 'reboot: Power down' }]);
});

test('words in the middle of a line are nothing', () => {
  expect(watch('$ echo "Kernel panic - not syncing"\nsee BUG: 1\n  Oops: no\n')).toEqual([]);
});

test('an oops without an end is reported after a while', () => {
  vi.useFakeTimers();
  const reports: CrashReport[] = [];
  const crash = new CrashWatch((report) => reports.push(report));
  crash.push(new TextEncoder().encode('kernel BUG at fs/utimes.c:12!\nmore\n'));
  expect(reports).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(reports).toEqual([{ kind: 'oops', text: 'kernel BUG at fs/utimes.c:12!\nmore' }]);
  vi.useRealTimers();
});
