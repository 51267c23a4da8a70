import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { applied, attempt, type Edits, freshCore, replacing, send, undone, type Workshop } from './core-support.ts';
import { must, shell } from './support.ts';

/** Updates of a module, /lib/modules/tally.ko, alone and together with the kernel. */
let session: Session;
let workshop: Workshop;

freshCore((core) => ({ session, workshop } = core));

const SHOWN = 'seq_printf(m, linux_proc_banner,';
const kernel: Edits = { 'fs/proc/version.c': replacing(SHOWN, `seq_puts(m, "new ");\n\t${SHOWN}`) };
const LINES = 'seq_printf(file, "%s %lu\\n", headings[1], lines);';
const module = (word: string): Edits => ({ 'samples/ksplice/tally.c': replacing(LINES, LINES.replace('%s', `${word} %s`)) });
const LOAD = 'insmod /lib/modules/tally.ko';

test('both targets change at once; the module keeps what it counted and cannot be unloaded', async () => {
  await shell(session, `${LOAD}; echo one two > /proc/tally`);
  const report = await applied(session, await workshop.update('pair', { ...kernel, ...module('new') }));
  expect(report.stops).toHaveLength(1);
  expect(await shell(session, 'cat /proc/tally /proc/version')).toMatch(/^writes 1\nnew lines 1\nwords 2\nnew Linux /);
  expect((await attempt(session, 'rmmod tally')).status).not.toBe(0);
  await shell(session, 'echo three > /proc/tally');
  expect(await undone(session, 'pair')).toBe('ok');
  expect(await shell(session, 'cat /proc/tally; rmmod tally')).toBe('writes 2\nlines 2\nwords 3\n');
});

test('an update of a module on top of another one', async () => {
  await shell(session, LOAD);
  await applied(session, await workshop.update('one', module('one')));
  await applied(session, await workshop.update('two', module('two'), module('one')));
  expect(await shell(session, 'cat /proc/tally')).toContain('two lines');
  expect(await undone(session, 'one')).toBe('module_busy');
  expect(await undone(session, 'two')).toBe('ok');
  expect(await shell(session, 'cat /proc/tally')).toContain('one lines');
  expect(await undone(session, 'one')).toBe('ok');
});

test('another build of the module is not taken for the one the update was made for', async () => {
  await shell(session, LOAD);
  const report = must(await session.apply(await workshop.update('other', module('two'), module('one'))));
  expect(report).toMatchObject({ abortCause: 'no_match', mismatch: { name: 'tally_show' } });
});

describe('a target that is not loaded', () => {
  const FOLDER = '/sys/kernel/ksplice/pair';

  test('is a reason to refuse', async () => {
    const report = must(await session.apply(await workshop.update('pair', { ...kernel, ...module('new') })));
    expect(report).toMatchObject({ abortCause: 'target_not_loaded', splices: [] });
  });

  test('is left out of a partial update, which cannot be undone while it is there after all', async () => {
    const files = await send(session, await workshop.update('pair', { ...kernel, ...module('new') }));
    await shell(session, files.map((file) => `insmod ${file}`).join(' && '));
    const stage = async (word: string) =>
      (await attempt(session, `echo ${word} > ${FOLDER}/stage; cat ${FOLDER}/abort_cause`)).output;
    expect(await stage('applied')).toContain('target_not_loaded');
    await shell(session, `echo 1 > ${FOLDER}/partial`);
    expect(await stage('applied')).toBe('ok\n');
    expect(await shell(session, 'cat /proc/version')).toMatch(/^new /);
    await shell(session, LOAD);
    expect(await stage('reversed')).toContain('cold_update_loaded');
    expect(await shell(session, 'cat /proc/version')).toMatch(/^new /);
    await shell(session, 'rmmod tally');
    expect(await stage('reversed')).toBe('ok\n');
    expect(await shell(session, 'cat /proc/version')).toMatch(/^Linux /);
  });
});
