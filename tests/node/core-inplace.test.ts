import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { clientModule, type CallTime } from './client-module.ts';
import { applied, attempt, both, type Edits, freshCore, replacing, undone, type Workshop } from './core-support.ts';
import { must, openPack, shell } from './support.ts';

/** What an update changes other than by a jump to a new function: constants, exports, functions that are gone. */
let session: Session;
let workshop: Workshop;

freshCore((core) => ({ session, workshop } = core));

/** Puts a module into the guest that imports a function and calls it. */
async function sendClient(name: string, imported: string, when: CallTime): Promise<void> {
  const { manifest } = await openPack();
  must(await session.guest.writeFile(`/tmp/${name}.ko`, clientModule(manifest, name, imported, when), 0o600));
}

test('a constant is overwritten in place, and put back', async () => {
  // The letter A shall be no hexadecimal digit any more: bit 0x40.
  const letters: Edits = { 'lib/ctype.c': replacing('_P,_U|_X,_U|_X,', '_P,_U,_U|_X,') };
  const letter = 'A'.charCodeAt(0);
  const report = await applied(session, await workshop.update('letters', letters));
  expect(report.splices).toEqual([]);
  const writes = report.trace.filter(({ event }) => event === 'write');
  expect(new Set(writes.map(({ fields }) => `${fields['kind']} ${fields['name']}`))).toEqual(new Set(['data _ctype']));
  const start = parseInt(writes[0]?.fields['addr'] ?? '', 16);
  const memory = () => must(session.machine.readVirtual(start, 256));
  const changed = memory();
  expect(changed[letter]).toBe(0x01);
  expect(await undone(session, 'letters')).toBe('ok');
  const restored = memory();
  expect(restored[letter]).toBe(0x41);
  expect([...restored.keys()].filter((at) => restored[at] !== changed[at])).toEqual([letter]);
});

describe('exported symbols', () => {
  const NEW = 'ksplice_test_export';
  const exporting: Edits = {
    'fs/proc/version.c': both(
      replacing('#include <linux/fs.h>', '#include <linux/fs.h>\n#include <linux/export.h>'),
      (text) => `${text}\nint ${NEW}(void);\nint ${NEW}(void)\n{\n\treturn 0;\n}\nEXPORT_SYMBOL_GPL(${NEW});\n`,
    ),
  };

  test('one that comes can be used while the update is applied, and keeps it from being undone', async () => {
    await sendClient('client', NEW, 'load');
    expect((await attempt(session, 'insmod /tmp/client.ko')).status).not.toBe(0);
    await applied(session, await workshop.update('adds', exporting));
    expect((await attempt(session, 'insmod /tmp/client.ko')).output).toBe('');
    expect(await undone(session, 'adds')).toBe('module_busy');
    await shell(session, 'rmmod client');
    expect(await undone(session, 'adds')).toBe('ok');
    expect((await attempt(session, 'insmod /tmp/client.ko')).status).not.toBe(0);
  });

  test('one that goes cannot be used until the update is undone; its neighbours can', async () => {
    const without: Edits = { 'lib/string_helpers.c': replacing('EXPORT_SYMBOL(string_unescape);', '') };
    await sendClient('gone', 'string_unescape', 'unload');
    await sendClient('beside', 'string_get_size', 'unload');
    await applied(session, await workshop.update('removes', without));
    expect((await attempt(session, 'insmod /tmp/gone.ko')).status).not.toBe(0);
    expect((await attempt(session, 'insmod /tmp/beside.ko')).output).toBe('');
    expect(await undone(session, 'removes')).toBe('ok');
    expect((await attempt(session, 'insmod /tmp/gone.ko')).output).toBe('');
  });
});

test('who calls a deleted function gets a line that names it, and an oops', async () => {
  const deleting: Edits = {
    'lib/string_helpers.c': (text) => {
      const less = text.replace(/void string_get_size\([\s\S]*?EXPORT_SYMBOL\(string_get_size\);/, '');
      expect(less.length).toBeLessThan(text.length);
      return less;
    },
  };
  await sendClient('stale', 'string_get_size', 'unload');
  await shell(session, 'insmod /tmp/stale.ko');
  const report = await applied(session, await workshop.update('deletes', deleting));
  expect(report.splices.map(({ name, after }) => [name, after.slice(0, 2)])).toContainEqual(['string_get_size', 'e8']);
  const crashes: string[] = [];
  session.machine.onCrash(({ code }) => crashes.push(code));
  await session.guest.exec({ command: 'rmmod stale', user: 'root', timeoutMs: 10_000 });
  const log = await shell(session, 'dmesg');
  expect(log).toContain('ksplice: string_get_size was called, which update deletes has deleted');
  expect(log).toMatch(/kernel BUG at kernel\/ksplice\/deleted\.c/);
  expect(log).toMatch(/string_get_size\+0x5\//);
});
