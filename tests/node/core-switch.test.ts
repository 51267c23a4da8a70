import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { changed, HOT_FUNCTIONS, said } from '../smp/hot-functions.ts';
import { applied, undone, Workshop } from './core-support.ts';
import { must, openSession, shell } from './support.ts';

/** Who is in the way of the switch, for how long, and what is left behind. */
let session: Session;
let update: Uint8Array;

beforeAll(async () => {
  const workshop = await Workshop.open();
  const hot = HOT_FUNCTIONS.find(({ name }) => name === 'pipe_read');
  if (!hot) throw new Error('There is no pipe_read.');
  update = await workshop.update('pipe', { [hot.path]: (text) => changed(text, hot) });
  workshop.close();
  session = await openSession();
});
afterAll(() => session.close());
beforeEach(async () => {
  must(await session.reset());
});

/** A process that waits in pipe_read for so many seconds. */
async function reader(seconds: number): Promise<void> {
  await shell(session, `(sleep ${seconds} | cat) < /dev/null > /dev/null 2>&1 & sleep 0.3`);
}

test('a thread in the old code is waited for, a second at a time', async () => {
  await reader(3);
  const report = await applied(session, update);
  expect(report.tries).toBeGreaterThan(1);
  expect(report.tries).toBeLessThan(6);
  const conflict = report.trace.find(({ event }) => event === 'conflict');
  expect(conflict?.fields).toMatchObject({ comm: 'cat', label: expect.stringMatching(/^pipe_read/) as string });
  expect(await shell(session, `echo x | cat; dmesg | grep -c "${said('pipe_read')}"`)).toBe('x\n1\n');
});

test('a thread in the new code keeps it in force until it leaves', async () => {
  await applied(session, update);
  await reader(30);
  const refused = must(await session.undo('pipe'));
  expect(refused).toMatchObject({ abortCause: 'code_busy', stage: 'applied', tries: 5, splices: [] });
  expect(refused.conflicts).toEqual([expect.objectContaining({ comm: 'cat' })]);
  expect(await shell(session, 'killall sleep; sleep 0.3; echo x | cat')).toBe('x\n');
  expect(await undone(session, 'pipe')).toBe('ok');
});

test('the kernel is marked, and says once what was done', async () => {
  const LIVEPATCH = 1 << 15;
  const tainted = async () => Number(await shell(session, 'cat /proc/sys/kernel/tainted')) & LIVEPATCH;
  expect(await tainted()).toBe(0);
  await applied(session, update);
  expect(await tainted()).toBe(LIVEPATCH);
  expect(await undone(session, 'pipe')).toBe('ok');
  expect(await shell(session, 'dmesg | grep -o "ksplice: Update.*"')).toBe(
    'ksplice: Update pipe applied successfully\nksplice: Update pipe reversed successfully\n',
  );
});
