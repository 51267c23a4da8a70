import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import type { SessionEvent } from '../../src/engine/pipeline/state.ts';
import { lessonNumber, lessonUpdate, must, openSession, shell } from './support.ts';

let session: Session;
const events: SessionEvent[] = [];

beforeAll(async () => {
  session = await openSession({ onEvent: (event) => events.push(event) });
});

afterAll(() => session.close());

beforeEach(async () => {
  must(await session.reset());
  events.length = 0;
});

/** The states since the test began, one word each. */
function states(): string[] {
  return events.flatMap((event) =>
    event.type === 'state' ? [[event.state.name, 'step' in event.state ? event.state.step : ''].join(' ').trim()] : [],
  );
}

test('tells its states, and every line of the core’s trace as it comes', async () => {
  const { id, tarball } = await lessonUpdate(lessonNumber(2));
  const applied = must(await session.apply(tarball));
  expect(states()).toEqual(['applying send', 'applying load', 'applying splice', 'applying unload', 'ready']);
  expect(events.flatMap((event) => (event.type === 'trace' ? [event.record] : []))).toEqual(applied.trace);
  expect(applied.trace[0]).toMatchObject({ seq: 1, event: 'begin', fields: { op: 'apply', id } });
  expect(applied.trace.at(-1)).toMatchObject({ event: 'end', fields: { result: 'ok' } });

  events.length = 0;
  const undone = must(await session.undo(id));
  expect(states()).toEqual(['undoing splice', 'undoing unload', 'ready']);
  expect(events.flatMap((event) => (event.type === 'trace' ? [event.record] : []))).toEqual(undone.trace);
  expect(undone.trace[0]).toMatchObject({ event: 'begin', fields: { op: 'reverse' } });
});

test('one verb at a time, and none twice', async () => {
  const { id, tarball } = await lessonUpdate(lessonNumber(2));
  const first = session.apply(tarball);
  expect(await session.apply(tarball)).toMatchObject({ ok: false, code: 'busy' });
  expect(await session.reset()).toMatchObject({ ok: false, code: 'busy' });
  expect(must(await first).abortCause).toBe('ok');
  expect(await session.apply(tarball)).toMatchObject({ ok: false, code: 'already_applied', where: id });
  expect(must(await session.undo(id)).abortCause).toBe('ok');
  expect(await session.undo(id)).toMatchObject({ ok: false, code: 'not_applied', where: id });
});

test('a reset takes updates away with everything else', async () => {
  const { id, tarball } = await lessonUpdate(lessonNumber(1));
  expect(must(await session.apply(tarball)).abortCause).toBe('ok');
  must(await session.reset());
  expect(session.applied).toEqual([]);
  expect(await shell(session, 'cat /proc/version')).not.toContain('Updated while running');
  expect(await session.undo(id)).toMatchObject({ code: 'not_applied' });
});

test('closing while an update is applied ends the verb with a failure', async () => {
  const other = await openSession();
  const applying = other.apply((await lessonUpdate(lessonNumber(3))).tarball);
  await other.close();
  expect(await applying).toMatchObject({ ok: false });
  expect(other.state).toEqual({ name: 'closed' });
  expect(await other.apply(new Uint8Array())).toMatchObject({ ok: false });
});

test('a bug while an update is applied is told, and a reset helps', async () => {
  let broken = true;
  const other = await openSession({
    onEvent: (event) => {
      if (broken && event.type === 'state' && event.state.name === 'applying' && event.state.step === 'load')
        throw new Error('a bug');
    },
  });
  const { id, tarball } = await lessonUpdate(lessonNumber(1));
  await expect(other.apply(tarball)).rejects.toThrow('a bug');
  expect(other.state).toMatchObject({ name: 'lost', failure: { code: 'internal_error', found: 'a bug' } });
  broken = false;
  expect(await other.apply(tarball)).toMatchObject({ ok: false, code: 'internal_error' });
  must(await other.reset());
  expect(must(await other.apply(tarball))).toMatchObject({ id, abortCause: 'ok' });
  await other.close();
});
