import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { applied, both, type Edits, freshCore, replacing, undone, type Workshop } from './core-support.ts';
import { must, shell } from './support.ts';

/** Functions of an update that the core calls, and fields that it keeps beside objects. */
let session: Session;
let workshop: Workshop;

freshCore((core) => ({ session, workshop } = core));

const FILE = 'fs/proc/version.c';
const INCLUDE = replacing(
  '#include <linux/fs.h>',
  '#include <linux/fs.h>\n#include <linux/ksplice-patch.h>\n#include <linux/irqflags.h>',
);
const HOOKED = replacing('seq_printf(m, linux_proc_banner,', 'seq_puts(m, "hooked ");\n\tseq_printf(m, linux_proc_banner,');
const REFUSING = ['pre_apply', 'check_apply', 'pre_reverse', 'check_reverse'];
const OTHERS = ['apply', 'post_apply', 'fail_apply', 'reverse', 'post_reverse', 'fail_reverse'];

/** All ten hooks: each says its name, whether interrupts are on, and what the version file shows is told by the function itself. */
function hooks(refusing?: string): Edits {
  const say = (kind: string) => `pr_info("hook ${kind} %d\\n", !irqs_disabled());`;
  const functions = [
    ...REFUSING.map((kind) => `static int on_${kind}(void)\n{\n\t${say(kind)}\n\treturn ${kind === refusing ? 1 : 0};\n}`),
    ...OTHERS.map((kind) => `static void on_${kind}(void)\n{\n\t${say(kind)}\n}`),
  ];
  const lines = [...REFUSING, ...OTHERS].map((kind) => `ksplice_${kind}(on_${kind});`);
  return { [FILE]: both(INCLUDE, HOOKED, (text) => `${text}\n${functions.join('\n\n')}\n\n${lines.join('\n')}\n`) };
}

/** What the hooks have said, in order; 1 for those that ran with interrupts on. */
async function said(): Promise<string[]> {
  const log = await shell(session, 'dmesg | grep -o "hook .*" || true');
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice('hook '.length));
}

const APPLY = ['pre_apply 1', 'check_apply 0', 'apply 0', 'post_apply 1'];
const version = () => shell(session, 'cat /proc/version');

test('all hooks are called in order, those around the switch with the machine stopped', async () => {
  const report = await applied(session, await workshop.update('hooks', hooks()));
  expect(await said()).toEqual(APPLY);
  expect(report.trace.filter(({ event }) => event === 'hook').map(({ fields }) => fields['kind'])).toEqual(
    APPLY.map((line) => line.split(' ')[0]),
  );
  expect(await version()).toMatch(/^hooked /);
  expect(await undone(session, 'hooks')).toBe('ok');
  expect((await said()).slice(APPLY.length)).toEqual(['pre_reverse 1', 'check_reverse 0', 'reverse 0', 'post_reverse 1']);
  expect(await version()).toMatch(/^Linux /);
});

test('several hooks of one kind run in the order of the source', async () => {
  const names = ['first', 'second', 'third'];
  const functions = names.map(
    (name) => `static void on_${name}(void)\n{\n\tpr_info("hook ${name}\\n");\n}\nksplice_apply(on_${name});\n`,
  );
  await applied(session, await workshop.update('order', { [FILE]: both(INCLUDE, (text) => `${text}\n${functions.join('\n')}`) }));
  expect(await said()).toEqual(names);
  expect(await undone(session, 'order')).toBe('ok');
});

describe('a hook that refuses', () => {
  test.each([
    ['pre_apply', ['pre_apply 1', 'fail_apply 1']],
    ['check_apply', ['pre_apply 1', 'check_apply 0', 'fail_apply 1']],
  ])('%s: nothing is applied, and no module is held', async (kind, calls) => {
    const report = must(await session.apply(await workshop.update('veto', hooks(kind))));
    expect(report).toMatchObject({ abortCause: 'call_failed', stage: 'preparing', splices: [] });
    expect(await said()).toEqual(calls);
    expect(await version()).toMatch(/^Linux /);
    // The session has unloaded the modules, which it could not have if one was held.
    expect(await shell(session, 'grep -c ksplice /proc/modules || true')).toBe('0\n');
  });

  test.each([
    ['pre_reverse', ['pre_reverse 1', 'fail_reverse 1']],
    ['check_reverse', ['pre_reverse 1', 'check_reverse 0', 'fail_reverse 1']],
  ])('%s: the update stays', async (kind, calls) => {
    await applied(session, await workshop.update('veto', hooks(kind)));
    expect(await undone(session, 'veto')).toBe('call_failed');
    expect((await said()).slice(APPLY.length)).toEqual(calls);
    expect(await version()).toMatch(/^hooked /);
  });

  test('the write to stage fails with an error number of its own', async () => {
    await applied(session, await workshop.update('veto', hooks('pre_reverse')));
    const write = must(
      await session.guest.exec({ command: 'echo reversed > /sys/kernel/ksplice/veto/stage', user: 'root', timeoutMs: 10_000 }),
    );
    expect(write).toMatchObject({ status: 1, stderr: expect.stringContaining('canceled') as string });
  });
});

test('a shadow field is made once for each object, and is gone when the update is undone', async () => {
  const counting: Edits = {
    [FILE]: both(
      INCLUDE,
      replacing(
        'static int version_proc_show(',
        `#include <linux/sched.h>
static void first_count(struct task_struct *task, int *count)
{
	*count = 100;
}
DEFINE_SHADOW_FIELD(struct task_struct, int, GFP_KERNEL, seen, first_count);

static int version_proc_show(`,
      ),
      replacing(
        'seq_printf(m, linux_proc_banner,',
        'int *count = seen_make(current->real_parent);\n\n\tseq_printf(m, "%d ", count ? ++*count : -1);\n\tseq_printf(m, linux_proc_banner,',
      ),
    ),
  };
  const update = await workshop.update('shadow', counting);
  const thrice = async () => (await shell(session, 'for i in 1 2 3; do cat /proc/version; done')).match(/^\d+/gm);
  await applied(session, update);
  expect(await thrice()).toEqual(['101', '102', '103']);
  // Another parent.
  expect((await shell(session, 'sh -c "cat /proc/version; true"')).slice(0, 4)).toBe('101 ');
  expect(await undone(session, 'shadow')).toBe('ok');
  await applied(session, update);
  expect(await thrice()).toEqual(['101', '102', '103']);
  expect(await undone(session, 'shadow')).toBe('ok');
});
