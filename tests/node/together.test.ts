import { afterAll, beforeAll, expect, test } from 'vitest';
import { meets } from '../../src/engine/pipeline/lesson.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { kernelText } from './kernel-text.ts';
import { finishLoad, startLoad } from './load.ts';
import { installPrograms, LESSONS, lessonUpdate, must, openSession, runCheck } from './support.ts';

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

  for (const { id, tarball } of updates)
    expect(must(await session.apply(tarball))).toMatchObject({ id, abortCause: 'ok', conflicts: [] });
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
