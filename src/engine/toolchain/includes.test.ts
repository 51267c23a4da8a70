import { expect, test } from 'vitest';
import { globMatches } from './glob.ts';
import { includesOf, normal, resolveInclude, searchPath } from './includes.ts';

const ARGUMENTS = [
  '-quiet',
  '-nostdinc',
  '-I',
  './arch/x86/include',
  '-I./include',
  '-include',
  './include/linux/kconfig.h',
  'kernel/sys.c',
];

test('the search path is read from the compiler’s arguments', () => {
  expect(searchPath(ARGUMENTS)).toEqual({ folders: ['arch/x86/include', 'include'], forced: ['include/linux/kconfig.h'] });
});

test('include lines are found with their line, whatever surrounds them', () => {
  const text =
    '// x\n#include <linux/mm.h>\n\n #  include "local.h" /* y */\n#if 0\n#include_next <a.h>\n#endif\n#include MACRO\n\t.incbin "usr/data"\nx #include <no.h>';
  expect(includesOf(text)).toEqual([
    { name: 'linux/mm.h', quoted: false, line: 2 },
    { name: 'local.h', quoted: true, line: 4 },
    { name: 'a.h', quoted: false, line: 6 },
    { name: 'usr/data', quoted: false, line: 9 },
  ]);
});

test('an include is looked for as the compiler does', () => {
  const files = new Set(['arch/x86/include/asm/a.h', 'include/asm/a.h', 'kernel/a.h', 'include/x.h']);
  const search = searchPath(ARGUMENTS);
  const at = (name: string, quoted: boolean) =>
    resolveInclude({ name, quoted, line: 1 }, 'kernel/sys.c', search, (path) => files.has(path));
  expect(at('asm/a.h', false)).toBe('arch/x86/include/asm/a.h');
  expect(at('a.h', true)).toBe('kernel/a.h');
  expect(at('../include/x.h', true)).toBe('include/x.h');
  expect(at('nowhere.h', false)).toBeUndefined();
});

test('paths that lead out of the tree stay outside', () => {
  expect(normal('./a/../b//c/.')).toBe('b/c');
  expect(normal('a/../../etc/passwd')).toBe('../etc/passwd');
});

test('globs', () => {
  expect(globMatches('arch/x86/*.tbl', 'arch/x86/a.tbl')).toBe(true);
  expect(globMatches('arch/x86/*.tbl', 'arch/x86/b/a.tbl')).toBe(false);
  expect(globMatches('**/Kconfig*', 'init/Kconfig.x')).toBe(true);
  expect(globMatches('**/Kconfig*', 'Kconfig')).toBe(true);
  expect(globMatches('a.c', 'a.c')).toBe(true);
  expect(globMatches('a.c*', 'abc')).toBe(false);
});
