import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { meets } from '../../src/engine/pipeline/lesson.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { kernelText } from './kernel-text.ts';
import { installPrograms, LESSONS, lessonUpdate, must, openSession, runCheck, shell } from './support.ts';

let session: Session;

beforeAll(async () => {
  session = await openSession();
});

afterAll(() => session.close());

beforeEach(async () => must(await session.reset()));

const applying = LESSONS.filter(({ lesson }) => lesson.expects === 'applied');
const refused = LESSONS.filter(({ lesson }) => lesson.expects !== 'applied');

test('there are four lessons that apply and one that is refused', () => {
  expect(applying.map(({ lesson }) => lesson.number)).toEqual([1, 2, 3, 4]);
  expect(refused.map(({ lesson }) => lesson.number)).toEqual([5]);
});

describe.each(applying.map((files) => ({ name: files.lesson.id, files })))('$name', ({ files }) => {
  test('differs while applied, and is as before when undone', async () => {
    const { check } = files.lesson;
    const { id, tarball } = await lessonUpdate(files);
    await installPrograms(session, files);
    const before = await runCheck(session, files);
    expect(meets(check.before, before), before.stdout).toBe(true);
    const text = await kernelText(session);

    const report = must(await session.apply(tarball));
    expect(report).toMatchObject({ id, stage: 'applied', abortCause: 'ok', conflicts: [] });
    expect(report.replaced.length).toBeGreaterThan(0);
    expect(report.matchedSections).toBeGreaterThanOrEqual(report.replaced.length);
    expect(report.symbols).toBeGreaterThan(0);
    expect(report.stopMicroseconds).toBeGreaterThan(0);
    expect(report.stopInstructions).toBeGreaterThan(0);
    expect(session.applied).toEqual([id]);
    // The only bytes that differ are the jumps the report tells of, and they are in memory.
    const changed = text.differences(await kernelText(session));
    expect(changed.map((place) => place.address).sort()).toEqual(report.splices.map((splice) => Number(splice.addr)).sort());
    for (const { addr, after } of report.splices) {
      expect(Buffer.from(must(session.machine.readVirtual(Number(addr), 5))).toString('hex')).toBe(after);
    }
    const after = await runCheck(session, files);
    expect(meets(check.after, after), after.stdout).toBe(true);
    expect(meets(check.before, after), after.stdout).toBe(false);

    const undone = must(await session.undo(id));
    expect(undone).toMatchObject({ id, stage: 'reversed', abortCause: 'ok' });
    expect(session.applied).toEqual([]);
    expect(text.differences(await kernelText(session))).toEqual([]);
    const again = await runCheck(session, files);
    expect(meets(check.before, again), again.stdout).toBe(true);
    expect(await shell(session, 'ls /sys/kernel/ksplice; grep -c ksplice /proc/modules || true')).toBe('0\n');
  });
});

describe.each(refused.map((files) => ({ name: files.lesson.id, files })))('$name', ({ files }) => {
  test('is refused with process and function, and nothing is changed', async () => {
    const { tarball } = await lessonUpdate(files);
    await installPrograms(session, files);
    const text = await kernelText(session);
    const report = must(await session.apply(tarball));
    expect(report).toMatchObject({ stage: 'preparing', abortCause: 'code_busy', tries: 5, replaced: [], splices: [] });
    expect(report.conflicts).toContainEqual(
      expect.objectContaining({ comm: 'kthreadd', pid: 2, labels: expect.arrayContaining(['kthreadd']) as string[] }),
    );
    expect(text.differences(await kernelText(session))).toEqual([]);
    expect(session.applied).toEqual([]);
    expect(session.state).toEqual({ name: 'ready', applied: [] });
    expect(await shell(session, 'ls /sys/kernel/ksplice; grep -c ksplice /proc/modules || true')).toBe('0\n');
  });
});
