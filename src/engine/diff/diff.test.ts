import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureObject, OBJECT_PAIRS } from '../../../tests/fixtures/objects.ts';
import { readElf } from '../elf/reader.ts';
import { writeElf } from '../elf/writer.ts';
import type { Changes, Reason } from './changes.ts';
import { diffObjects } from './diff.ts';
import { sourceName } from './names.ts';

function diff(name: string, from: 'pre' | 'post' = 'pre', to: 'pre' | 'post' = 'post'): Changes {
  const changes = diffObjects(fixtureObject(name, from), fixtureObject(name, to), { objectPath: `tests/${name}.o` });
  if (!changes.ok) throw new Error(changes.message);
  return changes.value;
}

const names = (changes: Changes, status: string): string[] =>
  changes.functions.filter((change) => change.status === status).map((change) => change.name);

const reasons = (changes: Changes, name: string): readonly Reason[] => {
  const change = changes.functions.find((candidate) => candidate.name === name);
  if (!change) throw new Error(`${name} is not in the list of changes`);
  return change.reasons;
};

const refusals = (changes: Changes): string[] => changes.refusals.map((refusal) => refusal.code);

/** The same object, laid out otherwise in the file. */
function rewritten(name: string, side: 'pre' | 'post'): Uint8Array {
  const object = readElf(fixtureObject(name, side));
  if (!object.ok) throw new Error(object.message);
  return writeElf(object.value);
}

describe('what differs', () => {
  it.each(OBJECT_PAIRS)('finds nothing between %s and itself', (name) => {
    for (const side of ['pre', 'post'] as const) {
      const changes = diffObjects(fixtureObject(name, side), rewritten(name, side), { objectPath: `tests/${name}.o` });
      const rest = { functions: [], data: [], lineOnly: [], ignored: [] };
      expect(changes).toMatchObject({ ok: true, value: rest });
      if (name !== 'unknown') expect(changes).toMatchObject({ value: { verdict: 'unchanged', refusals: [] } });
    }
  });

  it('replaces a function whose constant changed, and says where', () => {
    const changes = diff('bytes');
    expect(changes.verdict).toBe('changed');
    expect(names(changes, 'changed')).toEqual(['limited']);
    expect(reasons(changes, 'limited')).toMatchObject([{ kind: 'bytes', symbol: 'limited', offset: 8 }]);
  });

  it('sees a call that leads elsewhere though not one byte of code differs', () => {
    const changes = diff('callee');
    expect(names(changes, 'changed')).toEqual(['caller']);
    expect(reasons(changes, 'caller')).toContainEqual(
      expect.objectContaining({ kind: 'relocation', pre: 'helper', post: 'other_helper' }),
    );
    expect(reasons(changes, 'caller')).toContainEqual(
      expect.objectContaining({ kind: 'callee', name: 'other_helper', status: 'new' }),
    );
  });

  it('replaces every user of a string that changed, and no other', () => {
    const changes = diff('string');
    expect(names(changes, 'changed')).toEqual(['first', 'third']);
    expect(reasons(changes, 'third')).toMatchObject([
      { kind: 'string', pre: 'limit exceeded. %d\n', post: 'limit exceeded: %d\n' },
    ]);
  });

  it('replaces every function that a changed inline function went into', () => {
    expect(names(diff('inlined'), 'changed')).toEqual(['user_one', 'user_two']);
  });

  it('is not misled by the numbers of static variables', () => {
    const changes = diff('statics');
    expect(names(changes, 'changed')).toEqual(['before']);
    expect(changes.data).toMatchObject([{ status: 'new' }]);
  });

  it('lists new and removed functions beside the changed one', () => {
    const changes = diff('functions');
    expect(names(changes, 'changed')).toEqual(['user']);
    expect(names(changes, 'new')).toEqual(['fresh']);
    expect(names(changes, 'removed')).toEqual(['gone']);
  });

  it('names a new function as the source does, though the compiler cloned it', () => {
    expect(names(diff('newclone'), 'new')).toEqual(['fresh']);
  });

  it.each([
    ['table', 'weights'],
    ['operations', 'ops'],
  ])('writes over constants of the same size where they are: %s', (pair, name) => {
    expect(diff(pair)).toMatchObject({ verdict: 'changed', functions: [], data: [{ name, status: 'changed', how: 'in place' }] });
  });

  it('knows exports that come and go', () => {
    expect(diff('exports')).toMatchObject({ verdict: 'changed', exports: [{ name: 'exported', status: 'new', gpl: false }] });
  });

  it('counts a cold piece as part of its function', () => {
    const changes = diff('cold');
    expect(names(changes, 'changed')).toEqual(['careful']);
    expect(changes.functions[0]?.pieces.map((piece) => piece.symbol)).toEqual(['careful', 'careful.cold']);
  });

  it('follows a clone to its new number', () => {
    const changes = diff('renumbered');
    expect(names(changes, 'changed')).toEqual(['user_of_new']);
    expect(names(changes, 'new')).toEqual(['work.constprop.0']);
  });

  it('reports a function that got another signature once, under its pre name', () => {
    const changes = diff('signature');
    expect(names(changes, 'changed')).toEqual(['left', 'right', 'sum']);
    expect(reasons(changes, 'sum')).toMatchObject([{ kind: 'clone', pre: 'sum', post: 'sum.constprop.0' }]);
    expect(changes.functions.some((change) => change.status !== 'changed')).toBe(false);
  });

  it('sees no change in a function that only moved to another section', () => {
    expect(diff('moved').verdict).toBe('unchanged');
  });

  it('tells functions of one section apart', () => {
    const changes = diff('sched');
    expect(names(changes, 'changed')).not.toContain('neighbour');
    expect(names(changes, 'changed')).toContain('outer');
  });

  it('compares a table of jump targets with the function it belongs to', () => {
    const changes = diff('switch');
    expect(names(changes, 'changed')).toEqual(['choose']);
    expect(reasons(changes, 'choose')).toMatchObject([{ kind: 'string', pre: 'Six', post: 'six' }]);
  });

  it('takes a table of labels along with the function they are in', () => {
    const changes = diff('labels');
    expect(changes).toMatchObject({ verdict: 'changed', data: [], refusals: [] });
    expect(names(changes, 'changed')).toEqual(['run']);
  });

  it('keeps references outside of an object with that object', () => {
    const changes = diff('edges');
    expect(names(changes, 'changed')).toEqual(['changed']);
    const [piece] = changes.functions[0]?.pieces ?? [];
    expect(piece?.pre?.relocations.map((relocation) => relocation.target)).toContain('values-0x4');
  });

  it('finds a function that its special tables make long as it is', () => {
    const changes = diff('sites');
    expect(names(changes, 'changed')).toEqual(['busy']);
    expect(changes.refusals).toEqual([]);
  });
});

describe('lines', () => {
  it('knows functions that differ only because lines moved', () => {
    const changes = diff('lines');
    expect(changes).toMatchObject({ verdict: 'unchanged', functions: [], lineOnly: ['warns', 'reports'] });
  });

  it('never takes a changed constant for a line number', () => {
    const changes = diff('liar');
    expect(names(changes, 'changed')).toEqual(['limited', 'bounded']);
    expect(changes.lineOnly).toEqual(['warns']);
  });
});

describe('refusals', () => {
  it.each([
    ['data', 'data_changed', 'tunable'],
    ['localkey', 'static_key', 'tested'],
    ['percpu', 'new_percpu', 'new_count'],
    ['short', 'function_too_short', 'tiny'],
    ['shortcut', 'section_not_splittable', 'first'],
  ])('of %s: %s, naming %s', (name, code, symbol) => {
    const changes = diff(name);
    expect(changes.verdict).toBe('refused');
    expect(changes.refusals).toMatchObject([{ code, symbol }]);
    expect(changes.refusals[0]?.hint).not.toBe('');
  });

  it('of a section that nobody knows, naming it', () => {
    expect(diff('unknown').refusals).toMatchObject([{ code: 'unknown_section', section: '.mystery' }]);
  });

  it('leave boot code alone and say so', () => {
    expect(diff('init')).toMatchObject({ verdict: 'unchanged', ignored: [{ name: 'setup', section: '.init.text' }] });
  });

  it('refuses to lose what boot code gave the kernel to use, not what boot code called', () => {
    const changes = diff('registered');
    expect(names(changes, 'removed').sort()).toEqual(['only_called', 'show']);
    expect(changes.refusals).toMatchObject([
      { code: 'registered_at_boot', symbol: 'show', message: expect.stringContaining('setup') as string },
      { code: 'registered_at_boot', symbol: 'first_table' },
    ]);
  });

  it('come as a failure if an object cannot be read', () => {
    const good = fixtureObject('bytes', 'pre');
    expect(diffObjects(good, good.subarray(0, 100), { objectPath: 'a.o' })).toMatchObject({
      ok: false,
      code: 'elf_truncated',
      where: 'a.o (post)',
    });
  });
});

describe('both ways', () => {
  it.each(OBJECT_PAIRS)('%s: what changes one way changes the other way', (name) => {
    const there = diff(name);
    const back = diff(name, 'post', 'pre');
    expect(names(back, 'changed').length).toBe(names(there, 'changed').length);
    expect(names(back, 'removed').map(sourceName)).toEqual(names(there, 'new').map(sourceName));
    expect(refusals(back).length === 0 || refusals(there).length > 0).toBe(true);
  });
});

describe('code for the page', () => {
  it('carries bytes and relocations that fit together', () => {
    for (const name of OBJECT_PAIRS) {
      for (const { pieces } of diff(name).functions) {
        for (const code of pieces.flatMap((piece) => [piece.pre, piece.post])) {
          if (!code) continue;
          expect(code.bytes).toHaveLength(code.size * 2);
          for (const relocation of code.relocations)
            expect(code.bytes.slice(relocation.offset * 2, relocation.offset * 2 + 8)).toBe('00000000');
        }
      }
    }
  });

  it('survives JSON', () => {
    for (const name of OBJECT_PAIRS) expect(JSON.parse(JSON.stringify(diff(name)))).toMatchObject({ object: `tests/${name}.o` });
  });
});

describe('damaged objects', () => {
  it('give a failure or a result, never an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...OBJECT_PAIRS),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (name, changes) => {
          const post = fixtureObject(name, 'post');
          for (const [at, value] of changes) post[at % post.length] = value;
          const result = diffObjects(fixtureObject(name, 'pre'), post, { objectPath: 'a.o' });
          expect(result.ok ? result.value.object : result.code).toBeTruthy();
        },
      ),
      { numRuns: 600 },
    );
  });
});
