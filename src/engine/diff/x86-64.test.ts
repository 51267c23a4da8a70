import { describe, expect, it } from 'vitest';
import { fixtureObject, X86_64_PAIRS } from '../../../tests/fixtures/objects.ts';
import { EM_386, EM_X86_64 } from '../elf/constants.ts';
import { readElf } from '../elf/reader.ts';
import { writeElf } from '../elf/writer.ts';
import type { Changes } from './changes.ts';
import { compareObjects, diffObjects } from './diff.ts';

const COMPILERS = ['gcc', 'clang'] as const;

function diff(name: string, from: 'pre' | 'post' = 'pre', to: 'pre' | 'post' = 'post'): Changes {
  const changes = diffObjects(fixtureObject(name, from), fixtureObject(name, to), { objectPath: `${name}.o` });
  if (!changes.ok) throw new Error(changes.message);
  return changes.value;
}

const names = (changes: Changes, status: string): string[] =>
  changes.functions.filter((change) => change.status === status).map((change) => change.name);

const kinds = (changes: Changes, name: string): string[] =>
  changes.functions.filter((change) => change.name === name).flatMap((change) => change.reasons.map((reason) => reason.kind));

const refusals = (changes: Changes): string[] => changes.refusals.map(({ code, symbol }) => `${code} ${symbol ?? ''}`);

/** The same object, laid out otherwise in the file. */
function rewritten(bytes: Uint8Array): Uint8Array {
  const object = readElf(bytes, { machines: [EM_X86_64] });
  if (!object.ok) throw new Error(object.message);
  return writeElf(object.value);
}

/**
 * What each pair is to show, for both compilers: functions that change, are new, are removed; refusals; functions that differ in lines only; data that
 * is written over; exports. `merged`: functions that change with clang, which puts small tables where they can be merged.
 */
const PROPERTIES: readonly {
  readonly name: string;
  readonly shows: string;
  readonly changed?: readonly string[];
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
  readonly lineOnly?: readonly string[];
  readonly refused?: readonly string[];
  readonly refusedBack?: readonly string[];
  readonly inPlace?: readonly string[];
  readonly exports?: readonly string[];
  readonly merged?: readonly string[];
}[] = [
  { name: 'bytes', shows: 'a constant in code', changed: ['limited'] },
  { name: 'callee', shows: 'a call that leads elsewhere', changed: ['caller'] },
  { name: 'string', shows: 'a string pulls in its users, and no others', changed: ['first', 'third'] },
  { name: 'inlined', shows: 'an inline function pulls in its users', changed: ['user_one', 'user_two'] },
  { name: 'statics', shows: 'numbers and prefixes of static variables mean nothing', changed: ['before'] },
  {
    name: 'functions',
    shows: 'new and removed functions beside the changed one',
    changed: ['user'],
    added: ['fresh'],
    removed: ['gone'],
  },
  {
    name: 'table',
    shows: 'a table of constants is written over, or pulls in its users if it has no place of its own',
    inPlace: ['weights'],
    merged: ['weight', 'both'],
  },
  { name: 'cold', shows: 'code out of the way belongs to its function', changed: ['careful'] },
  { name: 'moved', shows: 'a function in another section is the same function' },
  { name: 'init', shows: 'boot code is left alone' },
  { name: 'lines', shows: 'lines that moved are no change', lineOnly: ['warns', 'reports'] },
  { name: 'data', shows: 'a changed initial value', refused: ['data_changed tunable'] },
  { name: 'exports', shows: 'another set of exports', exports: ['exported'] },
  {
    name: 'percpu',
    shows: 'a new per-processor variable',
    changed: ['counter'],
    refused: ['new_percpu new_count'],
    refusedBack: [],
  },
  { name: 'pointers', shows: 'an entry of a table of 64-bit pointers', inPlace: ['table'] },
  {
    name: 'tables',
    shows: 'a function with entries in every special table, beside one that has them and stays',
    changed: ['busy'],
  },
  { name: 'callkey', shows: 'a static call by another key, without one byte that differs', changed: ['calls'] },
  { name: 'alt14', shows: 'a flag in an alternative of 14 bytes', changed: ['flagged'] },
  {
    name: 'operands',
    shows: 'operands counted from the end of an instruction with an immediate lead to the same variables after all moved',
    added: ['user_of_inserted'],
  },
  { name: 'viaplt', shows: 'PLT32 and PC32 to the same function are the same' },
  { name: 'private', shows: 'constants the compiler numbers are found by content and use', added: ['added'] },
  { name: 'checked', shows: 'records of a sanitizer are found by content and use', added: ['added'] },
  { name: 'entries', shows: 'sections ordered as the code is, and landing pads', changed: ['patched'] },
  { name: 'traced', shows: 'calls of the tracer and the list of their places', changed: ['traced'] },
  { name: 'thunks', shows: 'thunks of indirect calls, and a group of sections', changed: ['indirect'] },
  { name: 'blocks', shows: 'namesakes of several files linked into one object, in another order', changed: ['check'] },
];

describe.each(COMPILERS)('objects of %s', (compiler) => {
  it.each(PROPERTIES)(
    '$name: $shows',
    ({ name, added = [], removed = [], lineOnly = [], refused = [], exports = [], merged, ...rest }) => {
      const changed = (compiler === 'clang' ? merged : undefined) ?? rest.changed ?? [];
      const inPlace = (compiler === 'clang' && merged ? undefined : rest.inPlace) ?? [];
      const there = diff(`${compiler}/${name}`);
      expect(names(there, 'changed')).toEqual(changed);
      expect(names(there, 'new')).toEqual(added);
      expect(names(there, 'removed')).toEqual(removed);
      expect(there.lineOnly).toEqual(lineOnly);
      expect(refusals(there)).toEqual(refused);
      expect(there.data.filter((datum) => datum.how === 'in place').map((datum) => datum.name)).toEqual(inPlace);
      expect(there.exports.map((one) => one.name)).toEqual(exports);
      for (const { reasons } of there.functions.filter((change) => change.status === 'changed')) expect(reasons).not.toEqual([]);

      const back = diff(`${compiler}/${name}`, 'post', 'pre');
      expect(names(back, 'changed').sort()).toEqual([...changed].sort());
      expect(names(back, 'new')).toEqual(removed);
      expect(names(back, 'removed')).toEqual(added);
      expect(back.lineOnly).toEqual(lineOnly);
      expect(refusals(back)).toEqual(rest.refusedBack ?? refused);
    },
  );

  it('names no pair without a property, and none twice', () => {
    const pairs = X86_64_PAIRS.filter((name) => name.startsWith(`${compiler}/`)).map((name) => name.slice(compiler.length + 1));
    expect(PROPERTIES.map(({ name }) => name).sort()).toEqual(pairs.sort());
  });
});

describe('identical pairs', () => {
  it.each(X86_64_PAIRS)('%s is unchanged, however it is laid out', (name) => {
    for (const side of ['pre', 'post'] as const) {
      const bytes = fixtureObject(name, side);
      for (const other of [bytes, rewritten(bytes)]) {
        expect(diffObjects(bytes, other, { objectPath: 'a.o' })).toMatchObject({
          ok: true,
          value: { verdict: 'unchanged', functions: [], data: [], lineOnly: [], refusals: [], ignored: [] },
        });
      }
    }
  });
});

describe('what x86-64 objects need', () => {
  it('names the entry of a table that differs', () => {
    expect(kinds(diff('gcc/callkey'), 'calls')).toEqual(['table']);
    expect(kinds(diff('clang/alt14'), 'flagged')).toEqual(['table']);
  });

  it('tells the size and kind of each field', () => {
    const [change] = diff('gcc/tables').functions;
    const [piece] = change?.pieces ?? [];
    for (const code of [piece?.pre, piece?.post]) {
      expect(code?.relocations.map(({ kind }) => kind)).toContain('pc32');
      for (const { offset, size } of code?.relocations ?? [])
        expect(code?.bytes.slice(offset * 2, (offset + size) * 2)).toBe('00'.repeat(size));
    }
  });

  it.each(COMPILERS)('finds what each operand of %s means, whatever follows it in the instruction', (compiler) => {
    const name = `${compiler}/operands`;
    const comparison = compareObjects(fixtureObject(name, 'pre'), fixtureObject(name, 'post'), { objectPath: 'a.o' });
    if (!comparison.ok) throw new Error(comparison.message);
    for (const unit of [comparison.value.pre, comparison.value.post]) {
      const references = unit.spans.filter((span) => span.kind === 'text').flatMap((span) => span.references);
      expect(references.length).toBeGreaterThan(5);
      expect(new Set(references.map((reference) => reference.target.offset))).toEqual(new Set([0]));
      expect(new Set(references.map((reference) => reference.bias)).size).toBeGreaterThan(1);
    }
  });

  it('refuses a table whose entries are of no known size', () => {
    const object = readElf(fixtureObject('gcc/tables', 'post'), { machines: [EM_X86_64] });
    if (!object.ok) throw new Error(object.message);
    const sections = object.value.sections.map((section) =>
      section.name === '__jump_table' ? { ...section, data: section.data.subarray(0, 12), size: 12 } : section,
    );
    const changes = diffObjects(fixtureObject('gcc/tables', 'pre'), writeElf({ ...object.value, sections }), {
      objectPath: 'a.o',
    });
    expect(changes).toMatchObject({ ok: false, code: 'elf_malformed' });
    const shorter = sections.map((section) =>
      section.name === '__jump_table'
        ? { ...section, relocations: section.relocations.filter((relocation) => relocation.offset < 8) }
        : section,
    );
    expect(
      diffObjects(fixtureObject('gcc/tables', 'pre'), writeElf({ ...object.value, sections: shorter }), { objectPath: 'a.o' }),
    ).toMatchObject({ ok: true, value: { verdict: 'refused', refusals: [{ code: 'bad_table', section: '__jump_table' }] } });
  });

  it('does not compare objects of two machines', () => {
    expect(diffObjects(fixtureObject('bytes', 'pre'), fixtureObject('gcc/bytes', 'post'), { objectPath: 'a.o' })).toMatchObject({
      ok: false,
      code: 'elf_foreign',
      expected: 'i386',
      found: 'x86-64',
    });
  });

  it('are refused where an update for i386 is to be made', () => {
    const [pre, post] = [fixtureObject('gcc/bytes', 'pre'), fixtureObject('gcc/bytes', 'post')];
    expect(compareObjects(pre, post, { objectPath: 'a.o', machines: [EM_386] })).toMatchObject({
      ok: false,
      code: 'elf_foreign',
    });
  });
});
