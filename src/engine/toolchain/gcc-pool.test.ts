import { expect, test } from 'vitest';
import { success } from '../failure.ts';
import { GccPool, type GccPort, type GccWork } from './gcc-pool.ts';
import type { UnitJob, UnitOutcome } from './unit-job.ts';

const TIMINGS = { files: 0, instantiate: 0, cc1: 0, as: 0 };
const MESSAGES = { cc1: '', as: '' };

/** A thread that answers when told to; what a compiler makes of a job is no matter here. */
class Port implements GccPort {
  readonly jobs: UnitJob[] = [];
  readonly answers: ((outcome: UnitOutcome) => void)[] = [];
  die: (reason: Error) => void = () => undefined;
  closed = false;
  compile(job: UnitJob): Promise<UnitOutcome> {
    this.jobs.push(job);
    return new Promise((answer, reject) => {
      this.answers.push(answer);
      this.die = reject;
    });
  }
  close(): void {
    this.closed = true;
  }
  answer(kind: 'made' | 'crashed' = 'made'): void {
    const ended = { messages: MESSAGES, timings: TIMINGS };
    const outcome: UnitOutcome =
      kind === 'made'
        ? { kind, output: new Uint8Array([1]), ...ended }
        : { kind, tool: 'cc1', reason: 'memory', found: 'out of memory', ...ended };
    this.answers.shift()?.(outcome);
  }
}

function pool(size: number, timeoutMs?: number) {
  const ports: Port[] = [];
  const made = new GccPool(
    () => {
      const port = new Port();
      ports.push(port);
      return Promise.resolve(success(port));
    },
    size,
    timeoutMs,
  );
  return { pool: made, ports };
}

const NO_CHANGES = new Map<string, Uint8Array | null>();

function work(unit: string, files: readonly string[] = [], changes: GccWork['changes'] = NO_CHANGES): GccWork {
  return { unit, cc1: [], as: [], files, changes, read: (path) => new TextEncoder().encode(path) };
}

/** Lets promises that are settled run on. */
const settle = () => new Promise((done) => setTimeout(done, 0));

test('as many jobs at a time as there are turns; compilers are kept and get only what they have not had', async () => {
  const { pool: gcc, ports } = pool(2);
  const runs = ['a', 'b', 'c'].map((unit) => gcc.run(work(unit, ['x.h', `${unit}.c`])));
  await settle();
  expect(ports.map((port) => port.jobs.map((job) => job.unit))).toEqual([['a'], ['b']]);
  ports[0]?.answer();
  await settle();
  expect(ports).toHaveLength(2);
  expect(ports[0]?.jobs[1]).toMatchObject({ unit: 'c', files: ['x.h', 'c.c'] });
  expect(ports[0]?.jobs[1]?.supply.map(([path]) => path)).toEqual(['c.c']);
  ports[0]?.answer();
  ports[1]?.answer();
  expect((await Promise.all(runs)).map((run) => run.ok && run.value.kind)).toEqual(['made', 'made', 'made']);
  gcc.close();
  expect(ports.map((port) => port.closed)).toEqual([true, true]);
});

test('the change goes to a compiler once, and the pack’s version of a changed file never', async () => {
  const { pool: gcc, ports } = pool(1);
  const changes = new Map([['a.c', new Uint8Array([1])]]);
  const other = new Map([['b.c', null]]);
  for (const [unit, change] of [
    ['a', changes],
    ['b', changes],
    ['c', other],
  ] as const) {
    const run = gcc.run(work(unit, ['a.c'], change));
    await settle();
    ports[0]?.answer();
    await run;
  }
  expect(ports[0]?.jobs.map((job) => job.changes)).toEqual([[...changes], undefined, [...other]]);
  expect(ports[0]?.jobs.map((job) => job.supply.length)).toEqual([0, 0, 1]);
});

test('cancelling ends a running job and a waiting one at once, and the next job gets a new compiler', async () => {
  const { pool: gcc, ports } = pool(1);
  const stop = new AbortController();
  const running = gcc.run(work('a'), stop.signal);
  const waiting = gcc.run(work('b'), stop.signal);
  await settle();
  stop.abort();
  expect(await running).toMatchObject({ ok: false, code: 'cancelled' });
  expect(await waiting).toMatchObject({ ok: false, code: 'cancelled' });
  expect(ports.map((port) => port.closed)).toEqual([true]);
  const next = gcc.run(work('c'));
  await settle();
  ports[1]?.answer();
  expect(await next).toMatchObject({ ok: true });
});

test('one who waited and went takes nobody’s turn', async () => {
  const { pool: gcc, ports } = pool(1);
  const stop = new AbortController();
  const first = gcc.run(work('a'));
  const gone = gcc.run(work('b'), stop.signal);
  const last = gcc.run(work('c'));
  await settle();
  stop.abort();
  expect(await gone).toMatchObject({ code: 'cancelled' });
  ports[0]?.answer();
  await first;
  await settle();
  ports[0]?.answer();
  expect(await last).toMatchObject({ ok: true });
  expect(ports[0]?.jobs.map((job) => job.unit)).toEqual(['a', 'c']);
});

test('a compiler that breaks down, dies or does not end is told and replaced', async () => {
  const { pool: gcc, ports } = pool(1, 40);
  const crash = gcc.run(work('a'));
  await settle();
  ports[0]?.answer('crashed');
  expect(await crash).toMatchObject({ ok: true, value: { kind: 'crashed', reason: 'memory' } });
  const death = gcc.run(work('b'));
  await settle();
  ports[1]?.die(new Error('gone'));
  expect(await death).toMatchObject({ ok: false, code: 'compiler_died', where: 'b', found: 'gone' });
  expect(await gcc.run(work('c'))).toMatchObject({ ok: false, code: 'compiler_timeout', where: 'c' });
  expect(ports.map((port) => port.closed)).toEqual([true, true, true]);
});

test('closing ends what is under way', async () => {
  const { pool: gcc, ports } = pool(1);
  const running = gcc.run(work('a'));
  const waiting = gcc.run(work('b'));
  await settle();
  gcc.close();
  expect(await running).toMatchObject({ ok: false, code: 'cancelled' });
  expect(await waiting).toMatchObject({ ok: false, code: 'cancelled' });
  expect(ports[0]?.closed).toBe(true);
});
