import { afterAll, beforeAll, expect, test } from 'vitest';
import { meets } from '../../src/engine/pipeline/lesson.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { kernelText } from './kernel-text.ts';
import { finishLoad, startLoad } from './load.ts';
import { installPrograms, LESSONS, lessonUpdate, must, openSession, runCheck, shell } from './support.ts';

/** The aim: a stop of less than so many instructions with so many threads. The guest has 30 of its own. */
const STOP_INSTRUCTIONS = 250_000;
const THREADS = 40;
const SLEEPERS = 12;

let session: Session;

beforeAll(async () => {
  session = await openSession();
});

afterAll(() => session.close());

test('all lessons that apply, at once, under load, undone in reverse: no oops, no lost byte, the same text', async () => {
  const lessons = LESSONS.filter(({ lesson }) => lesson.expects === 'applied');
  const updates = await Promise.all(lessons.map(lessonUpdate));
  for (const files of lessons) await installPrograms(session, files);
  const oopses: string[] = [];
  session.machine.onCrash((crash) => oopses.push(`${crash.code}: ${crash.found ?? ''}`));
  const text = await kernelText(session);
  await startLoad(session);
  await shell(session, `for i in $(seq ${SLEEPERS}); do sleep 10000 > /dev/null 2>&1 & done`);

  for (const { id, tarball } of updates) {
    const report = must(await session.apply(tarball));
    expect(report).toMatchObject({ id, abortCause: 'ok', conflicts: [] });
    for (const { threads, instructions } of report.stops) {
      expect(threads).toBeGreaterThanOrEqual(THREADS);
      expect(instructions).toBeLessThan(STOP_INSTRUCTIONS);
    }
  }
  expect(session.applied).toEqual(updates.map(({ id }) => id));
  for (const files of lessons) {
    const run = await runCheck(session, files);
    expect(meets(files.lesson.check.after, run), `${files.lesson.id}: ${run.stdout}`).toBe(true);
  }
  expect(text.differences(await kernelText(session)).length).toBeGreaterThan(lessons.length);

  for (const { id } of updates.toReversed()) expect(must(await session.undo(id))).toMatchObject({ id, abortCause: 'ok' });
  const load = await finishLoad(session);
  expect(load).toMatchObject({ status: 0, lastLine: expect.stringMatching(/ok$/) as string });
  expect(load.rounds).toBeGreaterThan(0);
  expect(text.differences(await kernelText(session))).toEqual([]);
  expect(oopses).toEqual([]);
  for (const files of lessons) {
    const run = await runCheck(session, files);
    expect(meets(files.lesson.check.before, run), `${files.lesson.id}: ${run.stdout}`).toBe(true);
  }
});
