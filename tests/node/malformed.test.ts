import { afterAll, beforeAll, expect, test } from 'vitest';
import { readElf } from '../../src/engine/elf/reader.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { SIZE } from '../../src/engine/update/format.ts';
import { describedModules } from './described-modules.ts';
import { kernelText } from './kernel-text.ts';
import { must, openSession, shell } from './support.ts';

/**
 * Modules of an update with one word of their description changed, loaded by root. Whatever the word says, the core refuses it or
 * does something that can be undone: no oops, no warning, and not a byte of the kernel's text is different afterwards.
 *
 * `npm run test:core` tries every word; otherwise every so many-th.
 */
const ALL = process.env['HOTSPLICE_CORE'] === 'all';
const EVERY = ALL ? 1 : 23;

/** The tables of a module, with the bytes of an entry. */
const TABLES: readonly (readonly [section: string, entry: number])[] = [
  ['.ksplice_code', SIZE.code],
  ['.ksplice_symbols', SIZE.symbol],
  ['.ksplice_relocs', SIZE.reloc],
  ['.ksplice_site_relocs', SIZE.reloc],
  ['.ksplice_sites', SIZE.site],
  ['.ksplice_sections', SIZE.section],
  ['.ksplice_patches', SIZE.patch],
  ['.ksplice_ranges', SIZE.range],
  ['.ksplice_hooks', SIZE.hook],
  ['.ksplice_exports', SIZE.export],
];

interface Case {
  readonly role: 'new' | 'old';
  readonly where: string;
  readonly module: Uint8Array;
}

let session: Session;
let modules: Readonly<Record<'new' | 'old', Uint8Array>>;
const crashes: string[] = [];

beforeAll(async () => {
  session = await openSession();
  session.machine.onCrash((crash) => crashes.push(`${crash.code}: ${crash.found ?? ''}`));
  modules = await describedModules();
});

afterAll(() => session.close());

/** Every word of the first and of the last entry of each table, with each value that could break something. */
function* cases(role: 'new' | 'old'): Generator<Case> {
  const module = modules[role];
  const object = must(readElf(module, { name: role }));
  for (const [name, entry] of TABLES) {
    const section = object.sections.find((candidate) => candidate.name === name);
    if (!section) continue;
    const count = section.size / entry;
    expect(Number.isInteger(count), `${name} holds whole entries`).toBe(true);
    for (const at of new Set([0, count - 1])) {
      for (let word = 0; word < entry; word += 4) {
        const offset = section.data.byteOffset - module.byteOffset + at * entry + word;
        const was = new DataView(module.buffer, module.byteOffset).getUint32(offset, true);
        for (const value of new Set([0, 1, was + 1, was - 1, 0x7fffffff, 0x80000000, 0xffffffff].map((one) => one >>> 0))) {
          if (value === was) continue;
          const changed = module.slice();
          new DataView(changed.buffer).setUint32(offset, value, true);
          yield { role, where: `${name}[${at}]+${word}: ${was.toString(16)} → ${value.toString(16)}`, module: changed };
        }
      }
    }
  }
}

/** Loads, applies and undoes as far as the core lets it, and unloads. The last word is what became of it. */
const SCRIPT = `
dmesg -c > /dev/null
s=/sys/kernel/ksplice
fate=loaded
insmod /tmp/new.ko 2> /dev/null || fate=refused
insmod /tmp/old.ko 2> /dev/null || fate=refused
for path in $s/*; do
  [ -d $path ] || continue
  if [ $fate = loaded ]; then
    echo applied > $path/stage 2> /dev/null
    fate=$(cat $path/abort_cause)
    if [ "$(cat $path/stage)" = applied ]; then
      echo reversed > $path/stage
      [ "$(cat $path/stage)" = reversed ] || fate=stuck
    fi
  fi
done
for module in $(cut -d' ' -f1 /proc/modules | grep ^ksplice_); do rmmod $module || fate=stuck; done
dmesg | grep -E 'BUG|WARNING|Oops|Call Trace' && fate=distress
[ -z "$(ls $s)" ] || fate=left_over
echo $fate
`;

test('one wrong word in the description of a module: refused, or undone without a trace', async () => {
  const text = await kernelText(session);
  const fates = new Map<string, number>();
  let number = 0;
  for (const role of ['new', 'old'] as const) {
    must(await session.reset());
    const other = role === 'new' ? 'old' : 'new';
    must(await session.guest.writeFile(`/tmp/${other}.ko`, modules[other], 0o600));
    for (const { where, module } of cases(role)) {
      if (number++ % EVERY !== 0) continue;
      must(await session.guest.writeFile(`/tmp/${role}.ko`, module, 0o600));
      const fate = (await shell(session, SCRIPT)).trim();
      expect(fate, `${role} ${where}`).toMatch(
        /^(refused|ok|no_match|failed_to_find|unexpected|code_busy|out_of_memory|call_failed|target_not_loaded)$/,
      );
      expect(crashes, `${role} ${where}`).toEqual([]);
      expect(text.differences(await kernelText(session)), `${role} ${where}`).toEqual([]);
      fates.set(fate, (fates.get(fate) ?? 0) + 1);
    }
  }
  console.log(`${[...fates].map(([fate, count]) => `${fate} ${count}`).join(', ')} of ${number} words (every ${EVERY})`);
  expect(fates.get('refused')).toBeGreaterThan(0);
  expect(await shell(session, 'ls /sys/kernel/ksplice')).toBe('');
}, 1_800_000);
