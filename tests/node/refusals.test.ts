import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readElf } from '../../src/engine/elf/reader.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import type { SessionEvent } from '../../src/engine/pipeline/state.ts';
import { kernelText } from './kernel-text.ts';
import { buildUpdate, lessonNumber, lessonUpdate, must, openSession, shell, unitsOf, type UnitObjects } from './support.ts';

let session: Session;
/** What the running test wants to do when something happens. */
let onEvent: (event: SessionEvent) => void = () => undefined;

beforeAll(async () => {
  session = await openSession({ onEvent: (event) => onEvent(event) });
});

afterAll(() => session.close());

beforeEach(async () => {
  onEvent = () => undefined;
  must(await session.reset());
});

/** The machine is of use and as before: lesson 2 applies and comes off again. */
async function expectUsable(): Promise<void> {
  expect(session.state).toEqual({ name: 'ready', applied: [] });
  expect(await shell(session, 'grep -c ksplice /proc/modules || true')).toBe('0\n');
  const { id, tarball } = await lessonUpdate(lessonNumber(2));
  expect(must(await session.apply(tarball)).abortCause).toBe('ok');
  expect(must(await session.undo(id)).abortCause).toBe('ok');
}

describe('an update made from a unit that is not this kernel’s', () => {
  const FUNCTION = 'vfs_utimes';

  /** Changes the constant of `sub $n,%esp` in a function that the lesson does not touch. */
  function withAnotherConstant(object: Uint8Array): { object: Uint8Array; offset: number; was: number; is: number } {
    const section = must(readElf(object, { name: 'fs/utimes.o' })).sections.find(({ name }) => name === `.text.${FUNCTION}`);
    if (!section) throw new Error(`There is no ${FUNCTION}.`);
    const code = Buffer.from(section.data ?? []);
    const at = Buffer.from(object).indexOf(code);
    const offset = code.indexOf(Buffer.from([0x83, 0xec])) + 2;
    expect(at).toBeGreaterThan(0);
    expect(offset).toBeGreaterThan(1);
    const was = code.readUInt8(offset);
    const changed = object.slice();
    changed[at + offset] = was + 4;
    return { object: changed, offset, was, is: was + 4 };
  }

  test('is refused with no_match, which names the function and the first bytes that differ', async () => {
    const [unit] = await unitsOf(lessonNumber(2));
    if (!unit) throw new Error('Lesson 2 has no unit.');
    const pre = withAnotherConstant(unit.pre);
    const post = withAnotherConstant(unit.post);
    const foreign: UnitObjects = { path: unit.path, pre: pre.object, post: post.object };
    const text = await kernelText(session);
    const report = must(await session.apply(await buildUpdate('foreign', [foreign])));
    expect(report).toMatchObject({ stage: 'preparing', abortCause: 'no_match', replaced: [], splices: [], stops: [] });
    const hex = (byte: number) => byte.toString(16).padStart(2, '0');
    expect(report.mismatch).toMatchObject({
      name: FUNCTION,
      address: expect.stringMatching(/^0xc1[0-9a-f]{6}$/) as string,
      offset: pre.offset,
      expected: expect.stringMatching(new RegExp(`^${hex(pre.is)}`)) as string,
      found: expect.stringMatching(new RegExp(`^${hex(pre.was)}`)) as string,
    });
    expect(text.differences(await kernelText(session))).toEqual([]);
    await expectUsable();
  });
});

describe('a guest that dies while an update is applied', () => {
  /** Crashes the guest's kernel as soon as the session comes to this step. */
  function crashAt(step: string): void {
    onEvent = (event) => {
      if (event.type !== 'state' || event.state.name !== 'applying' || event.state.step !== step) return;
      onEvent = () => undefined;
      void session.guest.exec({ command: 'echo c > /proc/sysrq-trigger', timeoutMs: 10_000 });
    };
  }

  test('the failure says so, and the session is back where it was', async () => {
    await shell(session, 'echo kept > /tmp/kept');
    const text = await kernelText(session);
    crashAt('load');
    const result = await session.apply((await lessonUpdate(lessonNumber(3))).tarball);
    expect(result).toMatchObject({
      ok: false,
      code: 'guest_panic',
      found: expect.stringContaining('sysrq') as string,
      hint: expect.any(String) as string,
    });
    expect(await shell(session, 'cat /tmp/kept')).toBe('kept\n');
    expect(text.differences(await kernelText(session))).toEqual([]);
    await expectUsable();
  });

  test('an earlier update is in force again afterwards', async () => {
    const first = await lessonUpdate(lessonNumber(1));
    expect(must(await session.apply(first.tarball)).abortCause).toBe('ok');
    crashAt('splice');
    expect(await session.apply((await lessonUpdate(lessonNumber(3))).tarball)).toMatchObject({ ok: false, code: 'guest_panic' });
    expect(session.state).toEqual({ name: 'ready', applied: [first.id] });
    expect(await shell(session, 'cat /proc/version')).toContain('Updated while running');
    expect(must(await session.undo(first.id)).abortCause).toBe('ok');
    await expectUsable();
  });
});

test('a guest that dies between two verbs: the session is lost until it is reset', async () => {
  await session.guest.exec({ command: 'echo c > /proc/sysrq-trigger', timeoutMs: 10_000 });
  expect(session.state).toMatchObject({ name: 'lost', failure: { code: 'guest_panic' } });
  const { tarball } = await lessonUpdate(lessonNumber(2));
  expect(await session.apply(tarball)).toMatchObject({
    ok: false,
    code: 'guest_panic',
    hint: expect.stringContaining('reset') as string,
  });
  must(await session.reset());
  await expectUsable();
});
