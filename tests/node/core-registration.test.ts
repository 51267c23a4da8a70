import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readElf } from '../../src/engine/elf/reader.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { attempt } from './core-support.ts';
import { describedModules } from './described-modules.ts';
import { must, openSession, shell } from './support.ts';

/** The core believes nothing that a module says of itself. */
let session: Session;
let modules: Readonly<Record<'new' | 'old', Uint8Array>>;

beforeAll(async () => {
  modules = await describedModules();
  session = await openSession();
});
afterAll(() => session.close());
beforeEach(async () => {
  must(await session.reset());
});

/** The module with another word at a place of one of its tables. The loader adds an address to a word that is a pointer. */
function corrupted(which: 'new' | 'old', table: string, offset: number, value: number): Uint8Array {
  const bytes = modules[which].slice();
  const section = must(readElf(modules[which])).sections.find(({ name }) => name === table);
  if (!section) throw new Error(`${which} has no ${table}.`);
  const at = section.data.byteOffset - modules[which].byteOffset + offset;
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
}

async function load(bytes: Uint8Array): Promise<{ status: number; output: string }> {
  must(await session.guest.writeFile('/tmp/module.ko', bytes, 0o600));
  return attempt(session, 'insmod /tmp/module.ko');
}

test.each(['new', 'old'] as const)('the %s module as it was made is taken', async (which) => {
  expect(await load(modules[which])).toEqual({ status: 0, output: '' });
  // But not twice.
  expect((await attempt(session, 'insmod /tmp/module.ko')).status).not.toBe(0);
});

const HUGE = 0x7fffffff;
const REFUSED: readonly (readonly [string, 'new' | 'old', string, number, number, RegExp])[] = [
  ['another version', 'new', '.ksplice_code', 4, 3, /invalid module format|exec format/i],
  ['a size that no version has', 'new', '.ksplice_code', 12, 1, /invalid (argument|parameter)/i],
  ['another role', 'new', '.ksplice_code', 8, 3, /invalid/i],
  ['a table that leads out of the module', 'new', '.ksplice_code', 32, HUGE, /invalid/i],
  ['more entries than there are', 'old', '.ksplice_code', 36, HUGE, /invalid/i],
  ['a symbol that does not exist', 'new', '.ksplice_patches', 0, HUGE, /invalid/i],
  ['a patch of no known kind', 'new', '.ksplice_patches', 12, 6, /invalid/i],
  ['a patch in place of a function', 'new', '.ksplice_patches', 12, 5, /invalid/i],
  ['a new function outside of the module', 'new', '.ksplice_patches', 16, HUGE, /invalid/i],
  ['a line for a function', 'new', '.ksplice_patches', 24, 1, /invalid/i],
  ['a hook outside of the module', 'new', '.ksplice_hooks', 0, HUGE, /invalid/i],
  ['a hook of no known kind', 'new', '.ksplice_hooks', 4, 11, /invalid/i],
  ['a hook of kind 0', 'new', '.ksplice_hooks', 4, 0, /invalid/i],
  ['an export of no known kind', 'new', '.ksplice_exports', 12, 3, /invalid/i],
  ['an export that goes but has an entry', 'new', '.ksplice_exports', 12, 2, /invalid/i],
  ['an entry between two entries', 'new', '.ksplice_exports', 8, 4, /invalid/i],
  ['a flag that no section has', 'old', '.ksplice_sections', 36, 2, /invalid/i],
  ['code that is live data', 'old', '.ksplice_sections', 36, 1, /invalid/i],
  ['a section without bytes', 'old', '.ksplice_sections', 12, 0, /invalid/i],
  ['a field behind the end of its section', 'old', '.ksplice_relocs', 0, HUGE, /invalid/i],
];

test.each(REFUSED)('%s is refused', async (_what, which, table, offset, value, message) => {
  const { status, output } = await load(corrupted(which, table, offset, value));
  expect(status).not.toBe(0);
  expect(output).toMatch(message);
  expect(await shell(session, 'ls /sys/kernel/ksplice; grep -c ksplice /proc/modules || true')).toBe('0\n');
  expect(await shell(session, 'dmesg | grep -cE "BUG|Oops|WARNING" || true')).toBe('0\n');
  // The right one is still taken.
  expect((await load(modules[which])).status).toBe(0);
});
