import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastOperation, parseTraceLine, TraceReader, type TraceRecord } from './trace.ts';
import { TRACE_EVENTS } from './trace-events.ts';

const encoder = new TextEncoder();

function read(text: string): TraceRecord[] {
  const reader = new TraceReader();
  const records = reader.push(encoder.encode(text));
  if (!records.ok) throw new Error(`${records.message} ${records.expected} ${records.found}`);
  expect(reader.complete).toBe(true);
  return records.value;
}

const APPLY = [
  '1 0 begin op=apply id=lesson2',
  '2 1200 round n=1',
  '3 5000 candidate label=do_utimes addr=c1102030 why=bytes offset=12 expected=b801000000 found=b802000000',
  '4 9000 section label=do_utimes kind=text addr=c1102040 size=312 relocs=9 sites=0 candidates=2',
  '5 9100 symbol label=utimes_common<fs/utimes.o> value=c1101f00 from=do_utimes offset=44',
  '6 9200 rewrite label=do_utimes offset=20 kind=lock pre=f0 run=3e',
  '7 9900 matched sections=14 symbols=40 bytes=2211',
  '8 9950 resolve symbol=utimes_common<fs/utimes.o> value=c1101f00 fields=2',
  '9 10000 try n=1',
  '10 10100 thread pid=1 comm=init words=310 busy=0',
  '11 10150 conflict pid=2 comm=my%20thread%25 label=kthreadd word=c1000010 slot=c2001ff0',
  '12 10200 stop n=1 ns=52000 threads=40 words=9000',
  '13 10300 splice name=do_utimes label=do_utimes addr=c1102040 new=c8001000 before=5589e55756 after=e9bb0fef06',
  '14 10400 stage value=applied',
  '15 10500 end result=ok ns=10500',
];

test('reads a whole operation', () => {
  const records = read(`${APPLY.join('\n')}\n`);
  expect(records.map((record) => record.event)).toEqual(APPLY.map((line) => line.split(' ')[2]));
  expect(records[10]?.fields['comm']).toBe('my thread%');
  expect(records[3]).toMatchObject({ seq: 4, nanoseconds: 9000, fields: { label: 'do_utimes', size: '312' } });
});

test('a second operation may count on or start again', () => {
  const again = read(`${APPLY.join('\n')}\n16 0 begin op=reverse id=lesson2\n17 5 end result=ok ns=5\n`);
  expect(lastOperation(again).map((record) => record.seq)).toEqual([16, 17]);
  const anew = read(`${APPLY.join('\n')}\n1 0 begin op=reverse id=lesson2\n2 5 end result=ok ns=5\n`);
  expect(lastOperation(anew).map((record) => record.event)).toEqual(['begin', 'end']);
});

test('a second reader goes on where the first stopped, also in the middle of a line', () => {
  const whole = encoder.encode(`${APPLY.join('\n')}\n`);
  const first = new TraceReader();
  const head = first.push(whole.subarray(0, 100));
  const second = new TraceReader(first.position);
  const tail = second.push(whole.subarray(first.position.offset));
  expect(head.ok && tail.ok && [...head.value, ...tail.value].length).toBe(APPLY.length);
  expect(second.position).toEqual({ offset: whole.length, seq: APPLY.length });
});

describe('refuses', () => {
  const cases: [string, string, RegExp][] = [
    ['a gap', '1 0 begin op=apply id=x\n3 1 round n=1\n', /missing/],
    ['a start without begin', '1 0 round n=1\n', /begin/],
    ['an address with 0x', '1 0 begin op=apply id=x\n2 1 resolve symbol=a value=0xc1000000 fields=1\n', /8 hex digits/],
    ['an unknown word', '1 0 begin op=applied id=x\n', /op is none of its words/],
    ['a missing field', '1 0 begin op=apply\n', /no id/],
    ['a field twice', '1 0 begin op=apply id=x id=y\n', /twice/],
    ['a stray percent sign', '1 0 begin op=apply id=a%2\n', /escaped/],
    ['a byte that is not ASCII', '1 0 begin op=apply id=é\n', /form/],
    ['two spaces', '1 0 begin  op=apply id=x\n', /form/],
    ['a line without end', `1 0 begin op=apply id=${'x'.repeat(9000)}`, /end/],
    ['a line too long', `1 0 begin op=apply id=${'x'.repeat(9000)}\n`, /long/],
  ];
  test.each(cases)('%s', (_name, text, message) => {
    const reader = new TraceReader();
    const result = reader.push(encoder.encode(text));
    expect(result).toMatchObject({ ok: false, code: 'bad_trace', message: expect.stringMatching(message) as string });
    expect(reader.push(encoder.encode('1 0 begin op=apply id=x\n'))).toBe(result);
  });
});

test('keeps events and fields of a newer core', () => {
  const line = parseTraceLine('1 0 omen name=raven');
  expect(line).toMatchObject({ ok: true, value: { event: 'omen', fields: { name: 'raven' } } });
  expect(parseTraceLine('1 0 begin op=apply id=x why=new').ok).toBe(true);
});

test('field names of Object are ordinary names', () => {
  expect(parseTraceLine('1 0 constructor constructor=1 tostring=2')).toMatchObject({ ok: true });
});

test('property: the pieces in which a trace arrives do not matter', () => {
  const whole = encoder.encode(`${APPLY.join('\n')}\n`);
  const expected = read(`${APPLY.join('\n')}\n`);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 12 }), (cuts) => {
      const reader = new TraceReader();
      const records: TraceRecord[] = [];
      const ends = [...cuts.sort((a, b) => a - b), whole.length];
      let start = 0;
      for (const end of ends) {
        const result = reader.push(whole.slice(start, end));
        if (!result.ok) throw new Error(result.message);
        records.push(...result.value);
        start = end;
      }
      expect(records).toEqual(expected);
      expect(reader.offset).toBe(whole.length);
    }),
  );
});

test('property: any text value survives escaping', () => {
  const escape = (text: string) =>
    [...encoder.encode(text)].map((b) => (b > 0x20 && b < 0x7f && b !== 0x25 && b !== 0x3d ? String.fromCharCode(b) : `%${b.toString(16).padStart(2, '0')}`)).join('');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const line = parseTraceLine(`1 0 begin op=apply id=${escape(text)}`);
      expect(line.ok && line.value.fields['id']).toBe(text);
    }),
  );
});

test('property: arbitrary bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const result = new TraceReader().push(bytes);
      expect(result.ok || result.code === 'bad_trace').toBe(true);
    }),
  );
});

test('property: what passes as a section line has numbers where numbers belong', () => {
  const value = fc.oneof(fc.constantFrom('1', 'c1000000', 'text', 'zz', ''), fc.stringMatching(/^[0-9a-z]{0,9}$/));
  const names = ['label', 'kind', 'addr', 'size', 'relocs', 'sites', 'candidates'];
  fc.assert(
    fc.property(fc.tuple(...names.map(() => value)), (values) => {
      const line = parseTraceLine(`1 0 section ${names.map((name, i) => `${name}=${values[i] ?? ''}`).join(' ')}`);
      const [, kind = '', addr = '', ...numbers] = values;
      const right = ['text', 'rodata', 'string', 'data'].includes(kind) && /^[0-9a-f]{8}$/.test(addr) && numbers.every((n) => /^\d+$/.test(n));
      expect(line.ok).toBe(right);
    }),
  );
  expect(TRACE_EVENTS).toContain('section');
});
