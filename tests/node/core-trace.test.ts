import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseTraceLine, type TraceRecord } from '../../src/engine/guest/trace.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { attempt, replacing, send, Workshop } from './core-support.ts';
import { must, openSession, shell } from './support.ts';

/** What the trace tells at each level of detail. */
let session: Session;
let update: Uint8Array;
const FOLDER = '/sys/kernel/ksplice/traced';

beforeAll(async () => {
  const workshop = await Workshop.open();
  // A unit with a bug entry, and a function whose name another unit has too.
  update = await workshop.update('traced', { 'fs/attr.c': replacing('return -EFBIG;', 'return -ENOSPC;') });
  workshop.close();
  session = await openSession();
});
afterAll(() => session.close());
beforeEach(async () => {
  must(await session.reset());
  const files = await send(session, update);
  await shell(session, files.map((file) => `insmod ${file}`).join(' && '));
});

/** The trace of applying at that level. */
async function traceAt(debug: number): Promise<TraceRecord[]> {
  expect((await attempt(session, `echo ${debug} > ${FOLDER}/debug; echo applied > ${FOLDER}/stage`)).output).toBe('');
  const text = await shell(session, `cat ${FOLDER}/trace`);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => must(parseTraceLine(line)));
}

const events = (trace: readonly TraceRecord[]) => new Set(trace.map(({ event }) => event));

test('by default: what was done', async () => {
  const trace = await traceAt(0);
  expect(events(trace)).toEqual(
    new Set(
      ['begin', 'round', 'symbol', 'section', 'matched', 'resolve', 'try', 'thread', 'stop', 'splice', 'stage', 'end'].concat(
        trace.some(({ event }) => event === 'rewrite') ? ['rewrite'] : [],
      ),
    ),
  );
  for (const { fields } of trace.filter(({ event }) => ['begin', 'try', 'stop', 'end'].includes(event)))
    expect(Number(fields['tsc'])).toBeGreaterThan(0);
});

test('with debug: every place, field and kind of word', async () => {
  const trace = await traceAt(1);
  const of = (event: string) => trace.filter((record) => record.event === event);
  expect(of('site').map(({ fields }) => fields['kind'])).toContain('bug');
  const filled = of('resolve').reduce((sum, { fields }) => sum + Number(fields['fields']), 0);
  expect(filled).toBeGreaterThan(0);
  expect(of('field')).toHaveLength(filled);
  for (const { fields } of of('thread')) {
    const kinds = ['zero', 'text', 'module', 'stack', 'other'].map((kind) => Number(fields[kind]));
    expect(kinds.reduce((a, b) => a + b)).toBe(Number(fields['words']));
  }
  expect(of('symbol').map(({ fields }) => fields['by'])).toEqual(expect.arrayContaining(['address', 'pc32', 'bug']));
});

test('below 0: nothing', async () => {
  expect(await traceAt(-1)).toEqual([]);
  expect(await shell(session, `cat ${FOLDER}/stage`)).toBe('applied\n');
});
