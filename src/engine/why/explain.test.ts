import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureDisassembler } from '../../../tests/fixtures/disassembler.ts';
import { fixtureObject } from '../../../tests/fixtures/objects.ts';
import { diffObjects } from '../diff/diff.ts';
import { parsePatch } from '../patch/parse.ts';
import { writePatch } from '../patch/write.ts';
import type { Disassemble } from './decode.ts';
import { explain } from './explain.ts';
import { patchPlaces } from './patch-places.ts';
import { sourceUses } from './source-uses.ts';
import { differs, type Chain, type ChainNode } from './why.ts';

let disassemble: Disassemble;

beforeAll(async () => {
  disassemble = await fixtureDisassembler();
});

function nodeText(node: ChainNode): string {
  if (node.kind === 'patch') return `${node.path}:${node.line} ${node.text.trim()}`;
  if (node.kind === 'source') return `${node.what} ${node.name}`;
  if (node.kind === 'string') return JSON.stringify(node.text);
  return node.kind === 'unknown' ? 'unknown' : `${node.kind} ${node.name}`;
}

const show = ({ steps }: Chain): string =>
  steps.map(({ node, link }) => `${link ? ` =${link.via}=> ` : ''}${nodeText(node)}`).join('');

type Files = Record<string, readonly [before: string, after: string]>;

/** The chains of the functions of a fixture, if its change had been made to these files. `headers`: the unit's source is at hand, with these. */
function chains(fixture: string, files: Files, headers?: Record<string, string>): Record<string, string[]> {
  const object = `tests/${fixture}.o`;
  const changes = diffObjects(fixtureObject(fixture, 'pre'), fixtureObject(fixture, 'post'), { objectPath: object });
  if (!changes.ok) throw new Error(changes.message);
  const patch = parsePatch(writePatch(Object.entries(files).map(([path, [before, after]]) => ({ path, before, after }))));
  if (!patch.ok) throw new Error(patch.message);
  const all = new Map([
    ...Object.entries(headers ?? {}),
    ...Object.entries(files).map(([path, [, after]]) => [path, after] as const),
  ]);
  const sources = headers && [
    {
      object,
      files: Object.keys(files),
      uses: sourceUses(`tests/${fixture}.c`, [...all.keys()], patchPlaces(patch.value), (path) => all.get(path)),
    },
  ];
  const why = explain(changes.value, { disassemble, patch: patch.value, sources });
  if (!why.ok) throw new Error(why.message);
  return Object.fromEntries(why.value.functions.map((one) => [one.name, one.chains.map(show)]));
}

const body = (middle: string): string => `\n${middle}\n`;

describe('a chain begins', () => {
  it('at the line of the function itself', () => {
    const source = (callee: string) => `int caller(int x)\n{\n\treturn ${callee}(x) + 1;\n}\n`;
    expect(chains('callee', { 'tests/callee.c': [source('helper'), source('other_helper')] })).toEqual({
      caller: ['tests/callee.c:3 +\treturn other_helper(x) + 1; =lines=> function caller'],
    });
  });

  it('at the heading of the hunk where the function begins far above', () => {
    const filler = Array.from({ length: 12 }, (_, i) => `\tx += ${i};\n`).join('');
    const source = (callee: string) => `int caller(int x)\n{\n${filler}\treturn ${callee}(x) + 1;\n}\n`;
    expect(chains('callee', { 'tests/callee.c': [source('helper'), source('other_helper')] })).toEqual({
      caller: ['tests/callee.c:15 +\treturn other_helper(x) + 1; =lines=> function caller'],
    });
  });

  it('at the macro that a changed string comes from', () => {
    const source = (text: string) =>
      `#define TEXT "limit exceeded${text} %d\\n"\nint first(int x)\n{\n\treturn printk(TEXT, x);\n}\n\n\n\n\n\n\n`;
    const start =
      'tests/string.c:1 +#define TEXT "limit exceeded: %d\\n" =lines=> macro TEXT =macro=> "limit exceeded: %d\\n" =string=> ';
    expect(chains('string', { 'tests/string.c': [source('.'), source(':')] })).toEqual({
      first: [`${start}function first`],
      third: [`${start}function third`],
    });
  });

  it('at the table of constants that a function reads', () => {
    const source = (last: string) =>
      `static const int weights[] = {\n\t1, 2, 4,\n\t${last}\n};\nint weight(int x)\n{\n\treturn 0;\n}\n`;
    const start = 'tests/grown.c:3 +\t9, 16 =lines=> data weights =data=> ';
    expect(chains('grown', { 'tests/grown.c': [source('8'), source('9, 16')] })).toEqual({
      weight: [`${start}function weight`],
      both: [`${start}function both`],
    });
  });

  it('at an inline function whose call is in the source and not in the code', () => {
    const source = (more: string) => `static inline int scaled(int x)\n{\n\treturn x * 3${more};\n}\n`;
    const users = `#include "scale.h"\nint user_one(int x)\n{\n\treturn helper(scaled(x));\n}\nint user_two(int x)\n{\n\treturn other_helper(scaled(x + 5));\n}\nint no_user(int x)\n{\n\treturn helper(x);\n}\n`;
    const start = 'tests/scale.h:3 +\treturn x * 3 + 1; =lines=> function scaled =inlined=> ';
    expect(chains('inlined', { 'tests/scale.h': [source(''), source(' + 1')] }, { 'tests/inlined.c': users })).toEqual({
      user_one: [`${start}function user_one`],
      user_two: [`${start}function user_two`],
    });
  });

  it('at a macro that an inline function uses, through both', () => {
    const header = (factor: string) =>
      `#define FACTOR ${factor}\n\nstatic inline int scaled(int x)\n{\n\treturn x * FACTOR;\n}\n`;
    const users = `int user_one(int x)\n{\n\treturn helper(scaled(x));\n}\n`;
    const found = chains('inlined', { 'tests/scale.h': [header('3'), header('3 + 1')] }, { 'tests/inlined.c': users });
    expect(found['user_one']).toEqual([
      'tests/scale.h:1 +#define FACTOR 3 + 1 =lines=> macro FACTOR =macro=> function scaled =inlined=> function user_one',
    ]);
    expect(found['user_two']).toEqual(['unknown =lines=> function user_two']);
  });

  it('at the function that is entered past its start', () => {
    const source = (value: number) => `int whole(void)\n{\n\treturn ${value};\n}\n`;
    const start = 'tests/entered.c:3 +\treturn 2; =lines=> function whole';
    expect(chains('entered', { 'tests/entered.c': [source(1), source(2)] })).toEqual({
      whole: [start],
      latecomer: [`${start} =middle=> function latecomer`],
    });
  });

  it('at the function that became part of its caller: its call is gone', () => {
    const source = (factor: number) => `static int scaled(int x)\n{\n\treturn other_helper(x * ${factor});\n}\n`;
    const start = 'tests/swallowed.c:3 +\treturn other_helper(x * 3); =lines=> function scaled';
    expect(chains('swallowed', { 'tests/swallowed.c': [source(5), source(3)] })).toEqual({
      user: [`${start} =inlined=> function user`],
      scaled: [start],
    });
  });

  it('at a string in a macro that a table of strings refers to', () => {
    const source = (text: string) => `#define GREEN "${text}"\n\n\n\n\n\nint show(int x)\n{\n\treturn 0;\n}\n`;
    expect(chains('names', { 'tests/names.h': [source('gren'), source('green')] })).toEqual({
      show: [
        'tests/names.h:1 +#define GREEN "green" =lines=> macro GREEN =macro=> "green" =string=> data names =data=> function show',
      ],
    });
  });

  it('at the function that the compiler made another clone of', () => {
    const source = (use: string) => `static noinline int sum(struct pair *p, int y)\n{\n\treturn ${use};\n}\n\n\n\n\n\n\n`;
    const found = chains('signature', { 'tests/signature.c': [source('p->a + y'), source('p->a')] });
    const start = 'tests/signature.c:3 +\treturn p->a; =lines=> function sum';
    expect(found['sum']).toEqual([start]);
    expect(found['left']).toEqual([`${start} =clone=> function left`]);
  });
});

describe('the layout of a structure', () => {
  const header = (member: string) =>
    `struct inner {\n${member}\tint a;\n};\n\n\n\nstruct outer {\n\tstruct inner in;\n};\nstruct pointing {\n\tstruct inner *in;\n};\n`;
  const user = (type: string) => `int biased(struct ${type} *x)\n{\n\treturn x->in.a;\n}\n`;
  const uses = (type: string) => {
    const patch = parsePatch(writePatch([{ path: 'a.h', before: header(''), after: header('\tint more;\n') }]));
    if (!patch.ok) throw new Error(patch.message);
    const texts = new Map([
      ['a.h', header('\tint more;\n')],
      ['a.c', user(type)],
    ]);
    return sourceUses('a.c', ['a.c', 'a.h'], patchPlaces(patch.value), (path) => texts.get(path));
  };

  it('goes on to a structure that has it within', () => {
    expect(uses('outer')).toMatchObject([
      { function: 'biased', through: [{ name: 'inner' }, { name: 'outer', what: 'struct', path: 'a.h' }] },
    ]);
  });

  it('does not go on to one that only points at it', () => {
    expect(uses('pointing')).toEqual([]);
  });
});

describe('what is not shown by evidence', () => {
  it('is not known without the source: a changed inline function in the patch is no proof', () => {
    const source = (more: string) => `static inline int scaled(int x)\n{\n\treturn x * 3${more};\n}\n`;
    expect(chains('inlined', { 'tests/scale.h': [source(''), source(' + 1')] })).toEqual({
      user_one: ['unknown =lines=> function user_one'],
      user_two: ['unknown =lines=> function user_two'],
    });
  });

  it('is not known where the code calls the function that changed: it is no part of it', () => {
    const header = (more: string) => `int helper(int x)\n{\n\treturn x${more};\n}\n`;
    const users = `int limited(int x)\n{\n\treturn helper(x);\n}\n`;
    expect(chains('bytes', { 'tests/helper.h': [header(''), header(' + 1')] }, { 'tests/bytes.c': users })).toEqual({
      limited: ['unknown =lines=> function limited'],
    });
  });

  it('is not taken from a comment, nor from a function of the same name in another file', () => {
    const source = (note: string) => `int limited(int x)\n{\n\t/* ${note} */\n\treturn x;\n}\n`;
    expect(chains('bytes', { 'tests/bytes.c': [source('one'), source('two')] })['limited']).toEqual([
      'unknown =lines=> function limited',
    ]);
    const other = (value: number) => `static int limited(int x)\n{\n\treturn ${value};\n}\n`;
    expect(chains('bytes', { 'drivers/other.c': [other(1), other(2)] })['limited']).toEqual([
      'unknown =lines=> function limited',
    ]);
  });

  it('goes back as far as it is known', () => {
    expect(chains('string', { 'tests/other.c': [body('int x;'), body('int y;')] })['first']).toEqual([
      '"limit exceeded: %d\\n" =string=> function first',
    ]);
  });
});

it('knows a system call by the argument of its macro', () => {
  const patch = parsePatch(
    [
      '--- a/fs/utimes.c',
      '+++ b/fs/utimes.c',
      '@@ -158,3 +165,4 @@ SYSCALL_DEFINE4(utimensat, int, dfd, con',
      ' \t\tif (x)',
      '+\t\t\treturn 1;',
      ' \t}',
      ' ',
      '',
    ].join('\n'),
  );
  expect(patch.ok && patchPlaces(patch.value)).toMatchObject([
    { what: 'function', names: ['utimensat', 'SYSCALL_DEFINE4'], node: { line: 166 } },
  ]);
});

describe('a function that differs only in line numbers', () => {
  it('is shown in its instructions: nothing but lines differs, in numbers and in bug entries', () => {
    const changes = diffObjects(fixtureObject('lines', 'pre'), fixtureObject('lines', 'post'), { objectPath: 'tests/lines.o' });
    if (!changes.ok) throw new Error(changes.message);
    const why = explain(changes.value, { disassemble });
    if (!why.ok) throw new Error(why.message);
    expect(why.value.functions).toEqual([]);
    const differing = why.value.lineOnly.map(({ name, pieces }) => {
      const rows = pieces.flatMap((piece) => piece.rows);
      expect(rows.length).toBeGreaterThan(rows.filter(({ differences }) => differences.length > 0).length);
      expect(rows.some(differs)).toBe(false);
      return [name, rows.flatMap(({ differences }) => differences.map(({ kind, text }) => `${kind}: ${text}`))];
    });
    expect(differing).toEqual([
      ['warns', ['line: A warning that reported line 102 reports line 108.']],
      ['reports', ['line: Line 109 instead of 103.']],
    ]);
  });
});
