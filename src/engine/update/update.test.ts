import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureObject, OBJECT_PAIRS } from '../../../tests/fixtures/objects.ts';
import { R_386_32, R_386_PC32 } from '../elf/constants.ts';
import type { ElfObject } from '../elf/object.ts';
import { readElf } from '../elf/reader.ts';
import { writeElf } from '../elf/writer.ts';
import { createUpdate, type CreateOptions } from './create.ts';
import { gunzip, gzip } from './gzip.ts';
import { readUpdate, type Update, type UpdateTarget } from './read.ts';
import { readTar, writeTar } from './tar.ts';

const kernel = {
  id: 'test-kernel',
  release: '6.1.170-test',
  version: '#1 SMP',
  machine: 'i686',
  module: { vermagic: '6.1.170-test SMP mod_unload 686 ', size: 384, nameOffset: 12, initOffset: 200, exitOffset: 360 },
};

const unit = (name: string) => ({ path: `tests/${name}.o`, pre: fixtureObject(name, 'pre'), post: fixtureObject(name, 'post') });

function create(names: readonly string[], more: Partial<CreateOptions> = {}) {
  return createUpdate({ id: 'abc', kernel, units: names.map(unit), timestamp: 1_700_000_000, patch: 'a patch\n', ...more });
}

function made(
  names: readonly string[],
  more: Partial<CreateOptions> = {},
): { update: Update; pair: UpdateTarget; tarball: Uint8Array } {
  const created = create(names, more);
  if (!created.ok) throw new Error(`${names.join()}: ${created.code} ${created.message}`);
  const update = readUpdate(created.value.tarball, kernel);
  if (!update.ok) throw new Error(`${update.code} ${update.message} ${update.where ?? ''}`);
  const [pair] = update.value.targets;
  if (!pair) throw new Error('no target');
  return { update: update.value, pair, tarball: created.value.tarball };
}

function elf(bytes: Uint8Array): ElfObject {
  const object = readElf(bytes);
  if (!object.ok) throw new Error(object.message);
  return object.value;
}

const REFUSED = ['data', 'localkey', 'percpu', 'short', 'shortcut', 'unknown', 'registered'];
const EMPTY = ['init', 'lines', 'moved'];
const GOOD = OBJECT_PAIRS.filter((name) => !REFUSED.includes(name) && !EMPTY.includes(name));

describe('createUpdate', () => {
  it.each(GOOD)('makes an update of %s that reads back, and the same bytes again', (name) => {
    const { update, pair, tarball } = made([name]);
    expect(update).toMatchObject({ id: 'abc', kernel: 'test-kernel', timestamp: 1_700_000_000, patch: 'a patch\n' });
    expect(update.changes).toMatchObject([{ object: `tests/${name}.o`, verdict: 'changed' }]);
    const { patches, exports } = pair.newCode.contents;
    expect(patches.length + exports.length).toBeGreaterThan(0);
    expect(made([name]).tarball).toEqual(tarball);
  });

  it.each(REFUSED)('refuses %s as its diff does', (name) => {
    const created = create([name]);
    expect(created.ok).toBe(false);
    if (!created.ok) expect(created.where).toContain(`tests/${name}.o`);
  });

  it('keeps no code of functions that stay', () => {
    const created = create(['lines', 'bytes']);
    if (!created.ok) throw new Error(created.message);
    expect(created.value.changes[0]?.lineOnlyCode.map(({ name }) => name)).toEqual(['warns', 'reports']);
    const read = readUpdate(created.value.tarball, kernel);
    expect(read).toMatchObject({ value: { changes: [{ lineOnly: ['warns', 'reports'], lineOnlyCode: [] }, {}] } });
  });

  it('says what differs where nothing is shipped', () => {
    expect(create(['init'])).toMatchObject({ found: 'boot code differs: it has already run, nothing to ship (setup)' });
    expect(create(['lines'])).toMatchObject({ found: expect.stringMatching(/^line numbers \(\w/) as string });
    expect(create(['moved'])).toMatchObject({ found: expect.stringMatching(/^sections of functions/) as string });
  });

  it.each(EMPTY)('has nothing to ship for %s', (name) => {
    expect(create([name])).toMatchObject({ ok: false, code: 'nothing_to_ship' });
  });

  it.each([
    ['an id with a dash', { id: 'a-b' }, 'bad_id'],
    ['an id that is too long', { id: 'a'.repeat(32) }, 'bad_id'],
    ['a time before time', { timestamp: -1 }, 'bad_timestamp'],
    ['one unit twice', { units: [unit('bytes'), unit('bytes')] }, 'bad_unit'],
    ['an object that is none', { units: [{ ...unit('bytes'), post: new Uint8Array(9) }] }, 'elf_not_elf'],
  ])('refuses %s', (_what, more, code) => {
    expect(create(['bytes'], more)).toMatchObject({ ok: false, code });
  });
});

describe('new_code', () => {
  it('replaces a function at its entry and retires the piece that only it enters', () => {
    expect(made(['cold']).pair.newCode.contents.patches).toMatchObject([
      { name: 'careful', label: 'careful', offset: 0, kind: 'replace' },
      { name: 'careful.cold', label: 'careful.cold<tests/cold.o>', offset: 0, kind: 'retire' },
    ]);
  });

  it('counts the offset of a function in a section of several', () => {
    const { patches } = made(['sched']).pair.newCode.contents;
    expect(patches.find((patch) => patch.name === 'outer')).toMatchObject({ label: 'inner<tests/sched.o>', kind: 'replace' });
    expect(patches.find((patch) => patch.name === 'outer')?.offset).toBeGreaterThan(0);
  });

  it('leaves a call into the running kernel blank, for the core to fill in', () => {
    const { contents, bytes } = made(['sched']).pair.newCode;
    // The call from outer to inner has no relocation in the object: both are in one section.
    expect(contents.symbols.map((symbol) => symbol.label)).toContain('inner<tests/sched.o>');
    const text = elf(bytes).sections.find((section) => section.name === '.text');
    const call = text?.data.indexOf(0xe8) ?? -1;
    expect(text?.data.subarray(call, call + 5)).toEqual(Uint8Array.of(0xe8, 0, 0, 0, 0));
  });

  it('lets one unit call a function that is new in another', () => {
    const { contents, bytes } = made(['provider', 'consumer']).pair.newCode;
    expect(contents.symbols.map((symbol) => symbol.label)).not.toContain('provided');
    const text = elf(bytes).sections.find((section) => section.name === '.text');
    const inside = text?.relocations.filter(
      (relocation) => relocation.type === R_386_PC32 && elf(bytes).symbols[relocation.symbol]?.section === text.index,
    );
    expect(inside).toHaveLength(1);
  });

  it('asks for a function of a unit that is not part of the update', () => {
    expect(made(['consumer']).pair.newCode.contents.symbols).toContainEqual({
      label: 'provided',
      name: 'provided',
      global: true,
    });
  });

  it('carries table entries as the loader wants them, alternatives for the core, and no lock prefixes', () => {
    const { contents, bytes } = made(['sites']).pair.newCode;
    const sections = elf(bytes).sections;
    const size = (name: string): number | undefined => sections.find((section) => section.name === name)?.size;
    expect([size('__bug_table'), size('__ex_table'), size('__jump_table')]).toEqual([12, 12, 12]);
    expect(size('.altinstructions')).toBeUndefined();
    expect(size('.smp_locks')).toBeUndefined();
    expect(contents).toMatchObject({ sites: 1, siteRelocs: 1 });
    expect(contents.undefinedSymbols).toEqual(['ksplice_register_code', 'ksplice_unregister_code', 'shared_key'].sort());
  });

  it('refuses a static key that this kernel cannot give to modules', () => {
    expect(create(['sites'], { loaderResolves: 'exports' })).toMatchObject({ ok: false, code: 'static_key' });
  });

  it('refers to nothing by name but what the loader must find', () => {
    for (const name of GOOD.filter((other) => other !== 'sites')) {
      expect(made([name]).pair.newCode.contents.undefinedSymbols.toSorted()).toEqual([
        'ksplice_register_code',
        'ksplice_unregister_code',
      ]);
    }
  });

  it('points the entry points of the module at its description', () => {
    const object = elf(made(['bytes']).pair.newCode.bytes);
    const code = object.sections.find((section) => section.name === '.ksplice_code');
    const text = object.sections.find((section) => section.name === '.text');
    const init = object.symbols.find((symbol) => symbol.name === 'init_module');
    expect(text?.data[init?.value ?? 0]).toBe(0xb8);
    const [argument, jump] = text?.relocations.filter((relocation) => relocation.offset > (init?.value ?? 0)) ?? [];
    expect(argument).toMatchObject({ type: R_386_32 });
    expect(object.symbols[argument?.symbol ?? 0]?.section).toBe(code?.index);
    expect(object.symbols[jump?.symbol ?? 0]?.name).toBe('ksplice_register_code');
  });
});

describe('old_code', () => {
  it('holds every function of the unit, not only the changed one', () => {
    const { sections } = made(['bytes']).pair.oldCode.contents;
    expect(sections).toMatchObject([
      { label: 'untouched', kind: 'text', relocs: 1 },
      { label: 'limited', kind: 'text', relocs: 1 },
    ]);
  });

  it('takes each string as a section of its own, without padding', () => {
    const { sections } = made(['string']).pair.oldCode.contents;
    expect(sections.filter((section) => section.kind === 'string').map((section) => section.size)).toEqual(
      expect.arrayContaining(['limit exceeded. %d\n'.length + 1, 'other %d\n'.length + 1]),
    );
  });

  it('describes all five kinds of places that the kernel rewrites or looks up', () => {
    const { contents } = made(['sites']).pair.oldCode;
    expect(contents).toMatchObject({ sites: 5, siteRelocs: 1 });
  });

  it('tells local symbols of one name apart', () => {
    const renamed = (side: 'pre' | 'post'): Uint8Array => {
      const object = elf(fixtureObject('statics', side));
      return writeElf({
        ...object,
        symbols: object.symbols.map((symbol) => (symbol.name.startsWith('count.') ? { ...symbol, name: 'count' } : symbol)),
      });
    };
    const { pair } = made([], { units: [{ path: 'tests/statics.o', pre: renamed('pre'), post: renamed('post') }] });
    const labels = pair.oldCode.contents.sections.map((section) => section.label);
    expect(labels).toEqual(expect.arrayContaining(['count<tests/statics.o>', 'count<tests/statics.o>~1']));
  });

  it('leaves boot code and what only boot code uses out', () => {
    const { contents } = made(['bytes', 'cold']).pair.oldCode;
    expect(contents.sections.map((section) => section.label)).not.toContain('setup');
  });
});

describe('readUpdate', () => {
  const { tarball, update, pair } = made(['string']);

  it('refuses an update for another kernel, naming both', () => {
    expect(readUpdate(tarball, { id: 'test-kernel', release: '6.1.171' })).toMatchObject({
      ok: false,
      code: 'other_kernel',
      found: 'test-kernel (6.1.170-test)',
    });
    expect(readUpdate(tarball, { id: 'another', release: '6.1.170-test' })).toMatchObject({ ok: false, code: 'other_kernel' });
  });

  function changed(edit: (name: string, bytes: Uint8Array) => Uint8Array | undefined): Uint8Array {
    const tar = gunzip(tarball);
    if (!tar.ok) throw new Error(tar.message);
    const files = readTar(tar.value);
    if (!files.ok) throw new Error(files.message);
    const edited = files.value.flatMap(({ name, bytes }) => {
      const result = edit(name.replace('ksplice-abc/', ''), bytes);
      return result ? [{ name, bytes: result }] : [];
    });
    return gzip(writeTar(edited, 1), 1);
  }
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);

  it('refuses another api version', () => {
    expect(readUpdate(changed((name, bytes) => (name === 'api-version' ? text('3\n') : bytes)))).toMatchObject({
      ok: false,
      code: 'other_api_version',
      found: 'api version 3',
    });
  });

  it.each([
    'contents',
    'utsname',
    'kernel',
    'timestamp',
    'patch',
    'ksplice-abc_vmlinux-new.ko',
    'ksplice-abc_vmlinux-old.ko',
    'debug/changes.json',
  ])('refuses an update without its %s', (part) => {
    expect(readUpdate(changed((name, bytes) => (name === part ? undefined : bytes)))).toMatchObject({
      ok: false,
      code: 'bad_update',
      where: part,
    });
  });

  it.each([
    ['utsname', 'Sysname: Linux\n'],
    ['timestamp', ''],
    ['timestamp', '-1\n'],
    ['timestamp', '99999999999999\n'],
    ['debug/changes.json', '{'],
  ])('names the part that is damaged: %s with “%s”', (part, content) => {
    expect(readUpdate(changed((name, bytes) => (name === part ? text(content) : bytes)))).toMatchObject({
      ok: false,
      code: 'bad_update',
      where: part,
    });
  });

  it('refuses modules that were exchanged', () => {
    const swapped = changed((name, bytes) =>
      name.endsWith('-new.ko') ? pair.oldCode.bytes : name.endsWith('-old.ko') ? pair.newCode.bytes : bytes,
    );
    expect(readUpdate(swapped)).toMatchObject({ ok: false, code: 'bad_update' });
  });

  it.each([
    ['nothing', new Uint8Array(0), 'bad_gzip'],
    ['text', text('hello'), 'bad_gzip'],
    ['half of it', tarball.subarray(0, tarball.length / 2), 'bad_gzip'],
    ['an empty archive', gzip(new Uint8Array(1024), 0), 'bad_update'],
    ['an archive without an end', gzip(text('x'.repeat(511)), 0), 'bad_tar'],
    ['something compressed that is no archive', gzip(text('x'.repeat(2048)), 0), 'bad_tar'],
  ])('refuses %s', (_what, bytes, code) => {
    expect(readUpdate(bytes)).toMatchObject({ ok: false, code });
  });

  it('notices every changed byte, unless it changes nothing', () => {
    fc.assert(
      fc.property(fc.nat(tarball.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = tarball.slice();
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const read = readUpdate(bytes);
        // The header holds a time that nothing depends on, and compression has more than one way to say the same.
        if (read.ok) expect(read.value).toEqual(update);
        else expect(read.code).toMatch(/^bad_/);
      }),
      { numRuns: 400 },
    );
  });

  it('gives a failure or an update for damaged modules, never an exception', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), (old, changes) => {
        const file = old ? '-old.ko' : '-new.ko';
        const read = readUpdate(
          changed((name, bytes) => {
            if (!name.endsWith(file)) return bytes;
            const damaged = bytes.slice();
            for (const [at, value] of changes) damaged[at % damaged.length] = value;
            return damaged;
          }),
        );
        if (!read.ok) expect(read.code).toMatch(/^(bad_|elf_|other_)/);
      }),
      { numRuns: 200 },
    );
  });
});

describe('damaged objects', () => {
  it('give a failure or an update, never an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GOOD),
        fc.constantFrom('pre' as const, 'post' as const),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (name, side, changes) => {
          const broken = unit(name);
          for (const [at, value] of changes) broken[side][at % broken[side].length] = value;
          const created = createUpdate({ id: 'abc', kernel, units: [broken], timestamp: 1 });
          if (!created.ok) expect(created.message).not.toBe('');
        },
      ),
      { numRuns: 400 },
    );
  });
});
