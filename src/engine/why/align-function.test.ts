import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureDisassembler } from '../../../tests/fixtures/disassembler.ts';
import { fixtureObject, OBJECT_PAIRS } from '../../../tests/fixtures/objects.ts';
import type { Changes, Code, CodeSite, FunctionChange } from '../diff/changes.ts';
import { diffObjects } from '../diff/diff.ts';
import { alignFunction, type LineMap } from './align-function.ts';
import type { Disassemble } from './decode.ts';
import { differs, type AlignedPiece, type Row } from './why.ts';

let disassemble: Disassemble;

beforeAll(async () => {
  disassemble = await fixtureDisassembler();
});

const X86_64 = new URL('../../../tests/fixtures/x86-64/', import.meta.url);
const x64Object = (name: string, side: 'pre' | 'post'): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`${name}.${side}.o`, X86_64)));
const X64_PAIRS = ['gcc', 'clang'].flatMap((compiler) =>
  readdirSync(new URL(`${compiler}/`, X86_64))
    .filter((file) => file.endsWith('.pre.o'))
    .map((file) => `${compiler}/${file.slice(0, -'.pre.o'.length)}`),
);

function changesOf(pre: Uint8Array, post: Uint8Array): Changes {
  const changes = diffObjects(pre, post, { objectPath: 'tests/unit.o' });
  if (!changes.ok) throw new Error(changes.message);
  return changes.value;
}

function aligned(change: FunctionChange, lineMap?: LineMap): readonly AlignedPiece[] {
  const pieces = alignFunction(change, disassemble, lineMap);
  if (!pieces.ok) throw new Error(pieces.message);
  return pieces.value;
}

function rowsOf(changes: Changes, name: string, piece = 0): readonly Row[] {
  const change = changes.functions.find((one) => one.name === name);
  if (!change) throw new Error(`${name} is not in the list of changes`);
  return aligned(change)[piece]?.rows ?? [];
}

const text = (line: Row['pre']): string => (line ? `${line.mnemonic} ${line.operands}`.trim() : '');

/** Rows that are not equal, as `pre | post: kinds`. */
const told = (rows: readonly Row[]): string[] =>
  rows
    .filter(({ differences }) => differences.length > 0)
    .map(({ pre, post, differences }) => `${text(pre)} | ${text(post)}: ${differences.map(({ kind }) => kind).join(', ')}`);

const pair = (name: string): Changes => changesOf(fixtureObject(name, 'pre'), fixtureObject(name, 'post'));

/** A function of one piece, from code in hex. */
function made(pre: string | Partial<Code>, post: string | Partial<Code>): FunctionChange {
  const code = (part: string | Partial<Code>): Code => {
    const given = typeof part === 'string' ? { bytes: part } : part;
    const bytes = (given.bytes ?? '').replaceAll(' ', '');
    return { symbol: 'f', section: '.text.f', size: bytes.length / 2, bits: 32, relocations: [], sites: [], ...given, bytes };
  };
  return {
    name: 'f',
    status: 'changed',
    reasons: [],
    pieces: [{ symbol: 'f', pre: code(pre), post: code(post), decidedBy: 'name' }],
  };
}

const difference = (pre: string | Partial<Code>, post: string | Partial<Code>, lineMap?: LineMap): string[] =>
  told(aligned(made(pre, post), lineMap)[0]?.rows ?? []);

describe('the kind of a difference', () => {
  it.each([
    ['a constant', 'ba 4c 00 00 00', 'ba 4d 00 00 00', 'mov edx, 0x4c | mov edx, 0x4d: immediate'],
    ['a register', '89 d8', '89 c8', 'mov eax, ebx | mov eax, ecx: register'],
    ['another instruction', '01 d8', '29 d8', 'add eax, ebx | sub eax, ebx: opcode'],
    ['another condition', '85 c0 74 00', '85 c0 75 00', 'je L1 | jne L1: opcode'],
    [
      'an offset from a pointer',
      '8b 46 1c',
      '8b 46 20',
      'mov eax, dword ptr [esi + 0x1c] | mov eax, dword ptr [esi + 0x20]: memory-offset',
    ],
    [
      'the size of an element',
      '8b 04 8e',
      '8b 04 ce',
      'mov eax, dword ptr [esi + ecx*4] | mov eax, dword ptr [esi + ecx*8]: memory-offset',
    ],
    ['the size of the frame', '83 ec 08', '83 ec 0c', 'sub esp, 8 | sub esp, 0xc: stack'],
    [
      'a place in the frame',
      '89 e5 8b 45 f8',
      '89 e5 8b 45 f4',
      'mov eax, dword ptr [ebp - 8] | mov eax, dword ptr [ebp - 0xc]: stack',
    ],
    [
      'a value that went into the frame',
      '89 e5 89 c6',
      '89 e5 89 45 f8',
      'mov esi, eax | mov dword ptr [ebp - 8], eax: register',
    ],
    ['other bytes for the same', '89 c3', '8b d8', 'mov ebx, eax | mov ebx, eax: encoding'],
    ['what only fills a gap', '90 c3', 'c3', 'nop | : padding'],
    ['a byte that is no instruction', 'c3', 'c3 06 0f ff', ' | push es: inserted'],
  ])('is told: %s', (_, pre, post, expected) => {
    expect(difference(pre, post)[0]).toBe(expected);
  });

  it('is none where ebp is a register like another', () => {
    expect(difference('8b 45 f8', '8b 45 f4')[0]).toMatch(/: memory-offset$/);
  });

  it('names calls, strings and data apart', () => {
    const relocation = (target: string, to: 'function' | 'string' | 'data' | 'unknown') =>
      [{ offset: 1, size: 4, kind: to === 'unknown' ? 'pc32' : 'abs32', target, to }] as const;
    const kinds = (opcode: string, to: 'string' | 'data' | 'unknown') =>
      difference(
        { bytes: `${opcode} 00 00 00 00`, relocations: relocation('a', to) },
        { bytes: `${opcode} 00 00 00 00`, relocations: relocation('b', to) },
      );
    expect(kinds('e8', 'unknown')).toEqual(['call a | call b: call-target']);
    expect(kinds('b8', 'string')).toEqual(['mov eax, a | mov eax, b: string']);
    expect(kinds('b8', 'data')).toEqual(['mov eax, a | mov eax, b: data']);
  });

  it('takes a variable that was renumbered for the same, and one whose contents changed not', () => {
    const field = (target: string, identity?: string) => ({
      bytes: 'a1 00 00 00 00',
      relocations: [{ offset: 1, size: 4, kind: 'abs32', target, to: 'data', ...(identity && { identity }) }] as const,
    });
    expect(difference(field('count.3'), field('count.7', 'count.3'))).toEqual([]);
    expect(difference(field('weights', 'pre weights'), field('weights', 'post weights'))).toEqual([
      'mov eax, dword ptr [weights] | mov eax, dword ptr [weights]: data',
    ]);
  });

  it('calls a jump that only got longer no difference of what is done', () => {
    // je over a nop and over 200 of them
    const rows = aligned(made('74 01 90 c3', `0f 84 c8 00 00 00 ${'90'.repeat(200)} c3`))[0]?.rows ?? [];
    expect(rows[0]).toMatchObject({ pre: { operands: 'L1' }, post: { operands: 'L1' }, differences: [{ kind: 'distance' }] });
    expect(rows.some(differs)).toBe(false);
  });

  it('sees a jump that leads elsewhere though its bytes are the same', () => {
    // The jump skips one instruction; in post what it skips has another length and what it comes to is another.
    expect(difference('74 02 89 d8 40 c3', '74 02 01 c8 89 d8 40 c3')).toContainEqual(
      expect.stringMatching(/^je L\d+ \| je L\d+: jump-target$/),
    );
  });

  it('finds a block that moved', () => {
    const [one, two] = ['ba 01 00 00 00 b9 02 00 00 00 89 d3 01 cb', 'b8 03 00 00 00 83 c0 04 f7 d8 40 48'];
    const rows = aligned(made(`${one} ${two} c3`, `${two} ${one} c3`))[0]?.rows ?? [];
    expect(rows.some(differs)).toBe(false);
    expect(rows.flatMap(({ differences }) => differences.map(({ kind }) => kind))).toEqual(Array(8).fill('moved'));
  });

  it('believes a line number only if the patch moved that line', () => {
    const site = (line: number): Partial<Code> => ({
      bytes: 'ba 00 00 00 00 0f 0b'.replace('00 00 00 00', `${line.toString(16).padStart(2, '0')} 00 00 00`),
      sites: [{ kind: 'bug', offset: 5, file: 'fs/pipe.c', line, flags: 0 }],
    });
    const map: LineMap = (line) => (line > 10 ? line + 3 : line);
    expect(difference(site(20), site(23), map)).toEqual(['mov edx, 0x14 | mov edx, 0x17: line', 'ud2 | ud2: line']);
    expect(difference(site(20), site(24), map)).toEqual(['mov edx, 0x14 | mov edx, 0x18: immediate', 'ud2 | ud2: bug']);
    expect(difference(site(20), site(23))).toEqual(['mov edx, 0x14 | mov edx, 0x17: immediate', 'ud2 | ud2: bug']);
  });

  it.each<[string, CodeSite, CodeSite | undefined]>([
    ['lock', { kind: 'lock', offset: 0 }, undefined],
    [
      'alternative',
      { kind: 'alternative', offset: 0, length: 1, feature: 3, bytes: '90', relocations: [] },
      { kind: 'alternative', offset: 0, length: 1, feature: 4, bytes: '90', relocations: [] },
    ],
    [
      'jump-label',
      { kind: 'jump', offset: 0, key: { target: 'k', to: 'data' }, target: { target: 'f', to: 'function' }, flags: 0 },
      { kind: 'jump', offset: 0, key: { target: 'other', to: 'data' }, target: { target: 'f', to: 'function' }, flags: 0 },
    ],
    [
      'bug',
      { kind: 'bug', offset: 0, file: 'a.c', line: 1, flags: 0 },
      { kind: 'bug', offset: 0, file: 'a.c', line: 1, flags: 1 },
    ],
    [
      'exception',
      { kind: 'extable', offset: 0, fixup: { target: 'f', to: 'function' }, data: 1 },
      { kind: 'extable', offset: 0, fixup: { target: 'f', to: 'function' }, data: 3 },
    ],
    ['paravirt', { kind: 'paravirt', offset: 0, type: 1, length: 1 }, { kind: 'paravirt', offset: 0, type: 2, length: 1 }],
    [
      'static-call',
      { kind: 'static-call', offset: 0, key: { target: 'a', to: 'data' }, flags: 0 },
      { kind: 'static-call', offset: 0, key: { target: 'b', to: 'data' }, flags: 0 },
    ],
  ])('is told of entries in special tables: %s', (kind, pre, post) => {
    const code = (site: CodeSite | undefined): Partial<Code> => ({ bytes: '90', sites: site ? [site] : [] });
    expect(difference(code(pre), code(post))).toEqual([`nop | nop: ${kind}`]);
    expect(difference(code(pre), code(pre))).toEqual([]);
  });
});

describe('functions of the fixtures', () => {
  it('show the string that changed at the instruction that uses it', () => {
    expect(told(rowsOf(pair('switch'), 'choose'))).toEqual(['mov dword ptr [esp], "Six" | mov dword ptr [esp], "six": string']);
  });

  it('show what came in the cold piece, and nothing in the other', () => {
    const changes = pair('cold');
    expect(told(rowsOf(changes, 'careful'))).toEqual([]);
    expect(told(rowsOf(changes, 'careful', 1))).toEqual([' | mov eax, "again": inserted', ' | call complain: inserted']);
  });

  it('mark a jump into the middle of a function that is replaced', () => {
    expect(told(rowsOf(pair('entered'), 'latecomer'))).toEqual(['jmp whole+0x8 | jmp whole+0x8: jump-target']);
  });

  it('put the old clone beside the new one', () => {
    const rows = rowsOf(pair('signature'), 'sum');
    expect(rows.some(({ pre, post }) => pre && post)).toBe(true);
    expect(told(rows)).toContain('add eax, esi | : removed');
  });

  it('name a variable relative to the instruction pointer on x86-64', () => {
    const changes = changesOf(x64Object('gcc/operands', 'pre'), x64Object('gcc/operands', 'post'));
    const lines = changes.functions.flatMap((change) =>
      aligned(change).flatMap(({ rows }) => rows.flatMap(({ post }) => (post ? [text(post)] : []))),
    );
    expect(lines.join('\n')).toMatch(/\[rip \+ \w+/);
    expect(lines.join('\n')).not.toMatch(/0x4b0000/);
  });
});

const EVERY = [
  ...OBJECT_PAIRS.map((name) => [name, (side: 'pre' | 'post') => fixtureObject(name, side)] as const),
  ...X64_PAIRS.map((name) => [name, (side: 'pre' | 'post') => x64Object(name, side)] as const),
];

/** All pre lines of a listing are pre's code, all post lines post's. */
function expectWhole(change: FunctionChange): void {
  const pieces = aligned(change);
  for (const side of ['pre', 'post'] as const) {
    const bytes = pieces.map(({ rows }) => rows.map((row) => row[side]?.bytes ?? '').join(''));
    const codes = change.pieces.flatMap((piece) => piece[side]?.bytes ?? []);
    expect(bytes.filter((code) => code !== '')).toEqual(codes.filter((code) => code !== ''));
    for (const { rows } of pieces) {
      const offsets = rows.flatMap((row) => row[side]?.offset ?? []);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    }
  }
}

describe('applying the rows', () => {
  it.each(EVERY)('gives pre and post of %s back, and the other way round', (_, object) => {
    for (const changes of [changesOf(object('pre'), object('post')), changesOf(object('post'), object('pre'))])
      for (const change of changes.functions) expectWhole(change);
  });

  it.each(EVERY)('shows no difference between the functions of %s and themselves', (_, object) => {
    for (const change of changesOf(object('pre'), object('post')).functions) {
      const same = {
        ...change,
        reasons: [],
        pieces: change.pieces.flatMap((piece) => (piece.pre ? [{ ...piece, post: piece.pre }] : [])),
      };
      for (const { rows } of aligned(same)) expect(told(rows)).toEqual([]);
    }
  });

  it('gives any bytes back', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const hex = (code: Uint8Array): string => Buffer.from(code).toString('hex');
    fc.assert(
      fc.property(bytes, bytes, fc.constantFrom(32, 64), (pre, post, bits) => {
        const change = made({ bytes: hex(pre), bits: bits as 32 | 64 }, { bytes: hex(post), bits: bits as 32 | 64 });
        expectWhole(change);
        const [piece] = change.pieces;
        const same = { ...change, pieces: [{ symbol: 'f', pre: piece?.pre, post: piece?.pre, decidedBy: 'name' as const }] };
        expect(told(aligned(same)[0]?.rows ?? [])).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses what is no hex', () => {
    expect(alignFunction(made('5g', '90'), disassemble)).toMatchObject({ ok: false, code: 'bad_code' });
  });
});
