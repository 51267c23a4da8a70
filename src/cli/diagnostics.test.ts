import { expect, test } from 'vitest';
import type { Diagnostic } from '../engine/toolchain/diagnostic.ts';
import { renderDiagnostics } from './diagnostics.ts';

const FILES = new Map([
  ['fs/x.c', 'int a;\n\tint b = MAX(a, "b");\n'],
  ['fs/x.h', '#define MAX(a, b) \\\n\t((a) > (b))\n'],
]);
const textOf = (path: string) => FILES.get(path);
const error: Diagnostic = {
  severity: 'error',
  path: 'fs/x.h',
  line: 2,
  column: 7,
  endColumn: 8,
  message: 'comparison between pointer and integer',
  option: '-Werror',
  function: 'f',
  includedFrom: [
    { path: 'fs/y.h', line: 3 },
    { path: 'fs/x.c', line: 1 },
  ],
  children: [
    {
      severity: 'note',
      path: 'fs/x.c',
      line: 2,
      column: 10,
      endColumn: 13,
      message: 'in expansion of macro ‘MAX’',
      children: [],
    },
  ],
};

test('a message stands with its place, its line and a mark below it, tabs as they are', () => {
  expect(renderDiagnostics([error], textOf)).toEqual([
    'fs/x.h: In function ‘f’:',
    'In file included from fs/y.h:3:',
    '                 from fs/x.c:1:',
    'fs/x.h:2:7: error: comparison between pointer and integer [-Werror]',
    '     2 | \t((a) > (b))',
    '       | \t     ^',
    'fs/x.c:2:10: note: in expansion of macro ‘MAX’',
    '     2 | \tint b = MAX(a, "b");',
    '       | \t        ^~~',
  ]);
});

test('a file that is not at hand, a line that is not there, no column', () => {
  const bare: Diagnostic = { severity: 'warning', path: 'fs/z.c', line: 1, column: 1, message: 'odd', children: [] };
  expect(renderDiagnostics([bare], textOf)).toEqual(['fs/z.c:1:1: warning: odd']);
  expect(renderDiagnostics([{ ...bare, path: 'fs/x.c', line: 99 }], textOf)).toEqual(['fs/x.c:99:1: warning: odd']);
  expect(renderDiagnostics([{ ...bare, path: 'fs/x.c', column: 0 }], textOf)).toEqual([
    'fs/x.c:1: warning: odd',
    '     1 | int a;',
  ]);
});

test('of very many messages the first are shown', () => {
  const lines = renderDiagnostics(
    Array.from({ length: 300 }, () => error),
    textOf,
  );
  expect(lines.length).toBeLessThan(200);
  expect(lines.at(-1)).toContain('280 more');
});
