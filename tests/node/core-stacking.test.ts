import { expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { applied, both, type Edits, freshCore, replacing, undone, type Workshop } from './core-support.ts';
import { kernelText } from './kernel-text.ts';
import { must, shell } from './support.ts';

/** Updates of code that updates have changed already. */
let session: Session;
let workshop: Workshop;

freshCore((core) => ({ session, workshop } = core));

const SHOWN = 'seq_printf(m, linux_proc_banner,';
const showing = (word: string): Edits => ({ 'fs/proc/version.c': replacing(SHOWN, `seq_puts(m, "${word} ");\n\t${SHOWN}`) });
const version = async () => (await shell(session, 'cat /proc/version')).split(' ')[0];

test('each is matched against the newest code, and they come off in the reverse order only', async () => {
  const text = await kernelText(session);
  await applied(session, await workshop.update('one', showing('one')));
  const first = await kernelText(session);
  const second = await applied(session, await workshop.update('two', showing('two'), showing('one')));
  await applied(session, await workshop.update('three', showing('three'), showing('two')));
  expect(await version()).toBe('three');
  // The second jump is in the first update's code, not in the kernel.
  expect(first.differences(await kernelText(session))).toEqual([]);
  expect(second.replaced[0]?.old).not.toMatch(/^0xc1/);
  expect(await undone(session, 'one')).toBe('module_busy');
  expect(await undone(session, 'two')).toBe('module_busy');
  expect(await version()).toBe('three');
  for (const [id, left] of [
    ['three', 'two'],
    ['two', 'one'],
    ['one', 'Linux'],
  ] as const) {
    expect(await undone(session, id)).toBe('ok');
    expect(await version()).toBe(left);
  }
  expect(text.differences(await kernelText(session))).toEqual([]);
});

test('an update made from the source without the one before it does not match', async () => {
  await applied(session, await workshop.update('one', showing('one')));
  const report = must(await session.apply(await workshop.update('two', showing('two'))));
  expect(report).toMatchObject({ abortCause: 'no_match', mismatch: { name: 'version_proc_show' } });
  expect(await version()).toBe('one');
});

test('where only lines moved, the bug table follows, so that the next update matches', async () => {
  const moved = (lines: number, value: string): Edits => ({
    'fs/attr.c': both((text) => '\n'.repeat(lines) + text, replacing('return -EFBIG;', `return ${value};`)),
  });
  const first = await applied(session, await workshop.update('one', moved(3, '-ENOSPC')));
  const lines = first.trace.filter(({ event, fields }) => event === 'write' && fields['kind'] === 'bug');
  expect(lines.map(({ fields }) => fields['name'])).toContain('notify_change');
  for (const { fields } of lines) {
    const [before = 0, after = 0] = [fields['before'], fields['after']].map((hex) =>
      Buffer.from(hex ?? '', 'hex').readUInt16LE(),
    );
    expect(after - before).toBe(3);
  }
  await applied(session, await workshop.update('two', moved(5, '-EIO'), moved(3, '-ENOSPC')));
  expect(await undone(session, 'one')).toBe('module_busy');
  expect(await undone(session, 'two')).toBe('ok');
  expect(await undone(session, 'one')).toBe('ok');
  // The table is as it was: the first update matches again.
  await applied(session, await workshop.update('one', moved(3, '-ENOSPC')));
});

test('an update that only passes through an earlier one may be undone after it', async () => {
  await applied(session, await workshop.update('one', showing('one')));
  await applied(session, await workshop.update('load', { 'fs/proc/loadavg.c': replacing('"%lu.%02lu', '"L %lu.%02lu') }));
  expect(await undone(session, 'one')).toBe('ok');
  expect(await shell(session, 'cat /proc/loadavg')).toMatch(/^L /);
  expect(await undone(session, 'load')).toBe('ok');
});
