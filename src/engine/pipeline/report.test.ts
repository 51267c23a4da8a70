import { expect, test } from 'vitest';
import { TraceReader, type TraceRecord } from '../guest/trace.ts';
import {
  applyReport,
  findMismatch,
  nameOf,
  newLines,
  parseConflicts,
  stopInstructions,
  undoReport,
  type Observed,
} from './report.ts';

function trace(...lines: string[]): TraceRecord[] {
  const text = lines.map((line, i) => `${i + 1} ${i * 1000} ${line}\n`).join('');
  const records = new TraceReader().push(new TextEncoder().encode(text));
  if (!records.ok) throw new Error(`${records.message} ${records.found}`);
  return records.value;
}

function seen(records: TraceRecord[], rest: Partial<Observed> = {}): Observed {
  return {
    id: 'x',
    stage: 'applied',
    abortCause: 'ok',
    conflicts: [],
    stopInstructions: [],
    trace: records,
    kernelLog: [],
    milliseconds: 70,
    ...rest,
  };
}

test('an apply of several targets: counts together; bytes that are no jump, and hooks', () => {
  const report = applyReport(
    seen(
      trace(
        'begin op=apply id=x',
        'matched sections=14 symbols=40 bytes=2211',
        'matched sections=2 symbols=3 bytes=90 target=tally',
        'hook kind=pre_apply label=ready<a/b.o> result=0',
        'try n=1',
        'hook kind=check_apply label=fits result=1',
        'stop n=1 ns=700400 threads=40 words=9000',
        'write name=weights label=weights<a/b.o> addr=c1302040 before=08 after=09 kind=data',
      ),
      { abortCause: 'call_failed' },
    ),
  );
  expect(report).toMatchObject({
    matchedSections: 16,
    symbols: 43,
    writes: [{ name: 'weights', kind: 'data', addr: '0xc1302040', before: '08', after: '09' }],
    hooks: [
      { kind: 'pre_apply', name: 'ready', result: 0 },
      { kind: 'check_apply', name: 'fits', result: 1 },
    ],
  });
});

test('an apply: what was matched, stopped, written', () => {
  const report = applyReport(
    seen(
      trace(
        'begin op=apply id=x',
        'matched sections=14 symbols=40 bytes=2211',
        'try n=1',
        'stop n=1 ns=700400 threads=40 words=9000',
        'try n=2',
        'stop n=2 ns=650600 threads=41 words=9100',
        'splice name=f label=f<a/b.o> addr=c1102040 new=c8001000 before=5589e55756 after=e9bb0fef06',
        'end result=ok ns=1000000',
      ),
      { stopInstructions: [200_000, 190_000] },
    ),
  );
  expect(report).toMatchObject({
    matchedSections: 14,
    symbols: 40,
    tries: 2,
    stopMicroseconds: 651,
    stopInstructions: 190_000,
    applyMilliseconds: 70,
    replaced: [{ name: 'f', old: '0xc1102040', new: '0xc8001000' }],
    splices: [{ name: 'f', before: '5589e55756', after: 'e9bb0fef06' }],
  });
  expect(report.stops[0]).toEqual({ try: 1, microseconds: 700, instructions: 200_000, threads: 40, words: 9000 });
  expect(report.mismatch).toBeUndefined();
});

test('an undo has no jump targets', () => {
  const records = trace(
    'begin op=reverse id=x',
    'restore name=f label=f addr=c1102040 new=c8001000 before=e9bb0fef06 after=5589e55756',
    'end result=ok ns=1',
  );
  const report = undoReport(seen(records, { stage: 'reversed' }));
  expect(report.splices).toEqual([{ name: 'f', addr: '0xc1102040', before: 'e9bb0fef06', after: '5589e55756' }]);
  expect(report.undoMilliseconds).toBe(70);
});

test('of the sections not found, the one whose bytes differ is shown', () => {
  const records = trace(
    'begin op=apply id=x',
    'candidate label=.rodata+0x8<a.o> addr=c1300000 why=reloc offset=0 symbol=g<a.o> value=c1000000 known=c1000004',
    'candidate label=g<a.o> addr=c1102040 why=bytes offset=17 expected=05 found=06',
    'candidate label=h addr=c1102080 why=bytes offset=1 expected=05 found=06',
    'unmatched label=.rodata+0x8<a.o> kind=rodata candidates=1',
    'unmatched label=g<a.o> kind=text candidates=1',
    'abort cause=no_match label=g<a.o>',
    'end result=no_match ns=5',
  );
  expect(findMismatch(records)).toEqual({
    label: 'g<a.o>',
    name: 'g',
    address: '0xc1102040',
    why: 'bytes',
    offset: 17,
    expected: '05',
    found: '06',
  });
  expect(applyReport(seen(records, { abortCause: 'no_match', stage: 'preparing' })).mismatch?.name).toBe('g');
});

test('names without their object', () => {
  expect(['f', 'f<kernel/sys.o>', 'f<kernel/sys.o>~2', '.rodata.str1.1+0x12<a.o>'].map(nameOf)).toEqual([
    'f',
    'f',
    'f',
    '.rodata.str1.1+0x12',
  ]);
});

test('conflicts, also of a thread with blanks in its name', () => {
  expect(parseConflicts('kthreadd 2 kthreadd\nmy%20thread 40 f<a.o> g\n\nnonsense\n')).toEqual([
    { comm: 'kthreadd', pid: 2, labels: ['kthreadd'] },
    { comm: 'my thread', pid: 40, labels: ['f<a.o>', 'g'] },
  ]);
});

test('instructions of stop windows: an end without its begin counts for nothing', () => {
  const begin = (instructions: number) => ({ mark: 'begin' as const, instructions });
  const end = (instructions: number) => ({ mark: 'end' as const, instructions });
  expect(stopInstructions([begin(10), end(30), begin(40), end(45)])).toEqual([20, 5]);
  expect(stopInstructions([end(5), begin(10), begin(20), end(21), end(30)])).toEqual([1]);
});

test('what the kernel logged meanwhile, also when older lines have gone', () => {
  expect(newLines([], ['a'])).toEqual(['a']);
  expect(newLines(['a', 'b'], ['b', 'c', 'd'])).toEqual(['c', 'd']);
  expect(newLines(['a', 'b'], ['x', 'y'])).toEqual(['x', 'y']);
  expect(newLines(['a'], ['a'])).toEqual([]);
});
