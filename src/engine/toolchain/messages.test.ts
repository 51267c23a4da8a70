import { expect, test } from 'vitest';
import { parseAssemblerMessages } from './assembler-messages.ts';
import { inEditorColumns } from './columns.ts';
import { bareMessages, parseCompilerMessages } from './compiler-messages.ts';
import { missingHeader, unitFailure } from './verdict.ts';

/** What cc1 12.2.0 wrote, with MESSAGE_ARGUMENTS given. */
const ERRORS = `In file included from ./include/linux/b.h:1,
                 from kernel/m.c:1:
./include/linux/a.h: In function 'bad':
./include/linux/a.h:5:46: error: 'struct s' has no member named 'nope'
    5 | static inline int bad(struct s *p) { return p->nope; }
      |                                              ^~
kernel/m.c: In function 'f':
./include/linux/a.h:1:21: error: 'struct s' has no member named 'nope'
    1 | #define DEEP(x) ((x)->nope + 1)
      |                     ^~
./include/linux/a.h:2:16: note: in expansion of macro 'DEEP'
    2 | #define MID(x) DEEP(x)
      |                ^~~~
./include/linux/a.h:3:21: note: in expansion of macro 'MID'
    3 | #define OUT(x) do { MID(x); } while (0)
      |                     ^~~
kernel/m.c:5:2: note: in expansion of macro 'OUT'
    5 |         OUT(p);
      |         ^~~
kernel/m.c:6:27: error: invalid operands to binary * (have 'char *' and 'char *')
    6 |         /* é */ return p + "é" * q;
      |                          ~     ^
      |                          |
      |                          char *
kernel/m.c:4:6: warning: unused variable 'unused' [-Wunused-variable]
    4 |         int unused;
      |             ^~~~~~
kernel/m.c: In function 'g':
kernel/m.c:8:15: error: implicit declaration of function 'undeclared' [-Werror=implicit-function-declaration]
    8 | int g(void) { undeclared(1 +
      |               ^~~~~~~~~~
cc1: some warnings being treated as errors`;

test('errors, with where macros were expanded, which file includes the header, function, option and extent', () => {
  const found = parseCompilerMessages(ERRORS);
  expect(found.map(({ severity, path, line, column, endColumn }) => [severity, path, line, column, endColumn])).toEqual([
    ['error', 'include/linux/a.h', 5, 46, 48],
    ['error', 'include/linux/a.h', 1, 21, 23],
    ['error', 'kernel/m.c', 6, 27, 28],
    ['warning', 'kernel/m.c', 4, 6, 12],
    ['error', 'kernel/m.c', 8, 15, 25],
  ]);
  const [inHeader, inMacro, , unused, implicit] = found;
  const includedFrom = [
    { path: 'include/linux/b.h', line: 1 },
    { path: 'kernel/m.c', line: 1 },
  ];
  expect(inHeader).toMatchObject({ function: 'bad', includedFrom });
  expect(inMacro).toMatchObject({ function: 'f', includedFrom });
  expect(inMacro?.children.map(({ message, path, line }) => [message, path, line])).toEqual([
    ["in expansion of macro 'DEEP'", 'include/linux/a.h', 2],
    ["in expansion of macro 'MID'", 'include/linux/a.h', 3],
    ["in expansion of macro 'OUT'", 'kernel/m.c', 5],
  ]);
  expect(unused).toMatchObject({ option: '-Wunused-variable', message: "unused variable 'unused'" });
  expect(implicit).toMatchObject({ option: '-Wimplicit-function-declaration', function: 'g' });
});

test('columns become those of an editor', () => {
  const [, , here] = parseCompilerMessages(ERRORS);
  if (!here) throw new Error('three errors were expected');
  const text = `\n\n\n\n\n\t/* é */ return p + "é" * q;\n`;
  const converted = inEditorColumns(here, () => text);
  expect(text.split('\n')[5]?.slice(converted.column - 1, (converted.endColumn ?? 0) - 1)).toBe('*');
  expect(inEditorColumns(here, () => undefined)).toEqual(here);
});

test('GCC names the includes of a header once; later ones go on from there', () => {
  const found = parseCompilerMessages(`In file included from ./include/linux/atomic.h:82,
                 from ./include/linux/mm.h:7,
                 from kernel/sys.c:9:
./include/linux/a.h:1:1: error: one
In file included from ./include/linux/list.h:5,
                 from ./include/linux/atomic.h:12:
./include/linux/container_of.h:2:2: error: two`);
  expect(found[1]?.includedFrom).toEqual([
    { path: 'include/linux/list.h', line: 5 },
    { path: 'include/linux/atomic.h', line: 12 },
    { path: 'include/linux/mm.h', line: 7 },
    { path: 'kernel/sys.c', line: 9 },
  ]);
});

const TIMINGS = { files: 0, instantiate: 0, cc1: 0, as: 0 };

function failed(cc1: string, as = ''): Parameters<typeof unitFailure>[1] {
  return { kind: 'failed', tool: as === '' ? 'cc1' : 'as', status: 1, messages: { cc1, as }, timings: TIMINGS };
}

test('a header that is nowhere is told with the line that asks for it', () => {
  const outcome = failed(`kernel/sys.c:8:10: fatal error: linux/exporty.h: No such file or directory
    8 | #include <linux/exporty.h>
      |          ^~~~~~~~~~~~~~~~~
compilation terminated.`);
  expect(missingHeader(outcome)).toEqual({ name: 'linux/exporty.h', from: 'kernel/sys.c', line: 8 });
  expect(unitFailure('kernel/sys.o', outcome, () => undefined)).toMatchObject({
    code: 'missing_header',
    where: 'kernel/sys.c:8',
    found: 'linux/exporty.h',
    diagnostics: [{ line: 8, column: 10, endColumn: 27 }],
  });
});

test('a macro call that is never closed is shown where it is, not where GCC puts it', () => {
  const text = '\n\tmask = xchg(&current->fs->umask, mask & S_IRWXUGO;\n\treturn mask;\n';
  const outcome = failed(`kernel/sys.c: In function '__do_sys_umask':
kernel/sys.c:2422:58: error: unterminated argument list invoking macro "xchg"
 2422 |                 if (arg2 != SUID_DUMP_DISABLE && arg2 != SUID_DUMP_USER) {
      |                                                                        ^
kernel/sys.c:2:9: error: 'xchg' undeclared (first use in this function)
    2 |         mask = xchg(&current->fs->umask, mask & S_IRWXUGO;
      |                ^~~~`);
  expect(unitFailure('kernel/sys.o', outcome, () => text)).toMatchObject({
    code: 'compile_error',
    where: 'kernel/sys.c:2:9',
    found: 'unterminated argument list invoking macro "xchg" (and 1 more)',
  });
});

test('inline assembly is shown at its line, and assembler text at its own', () => {
  const outcome = failed(
    '',
    `kernel/n.c: Assembler messages:
kernel/n.c:3: Error: no such instruction: \`foo %eax,1'
.unit.s:40: Warning: stack is not aligned`,
  );
  expect(parseAssemblerMessages(outcome.messages.as)).toMatchObject([
    { severity: 'error', path: 'kernel/n.c', line: 3, column: 0 },
    { severity: 'warning', path: '.unit.s', line: 40 },
  ]);
  expect(unitFailure('kernel/n.o', outcome, () => undefined)).toMatchObject({ code: 'assembler_error', where: 'kernel/n.c:3' });
});

test('what the compiler says of itself is told when it says nothing of the source', () => {
  const said = "cc1: error: unrecognized command-line option '-std=foo'";
  expect(bareMessages(said)).toEqual(["unrecognized command-line option '-std=foo'"]);
  expect(unitFailure('kernel/n.o', failed(said), () => undefined)).toMatchObject({
    code: 'compiler_refused',
    found: "cc1: unrecognized command-line option '-std=foo'",
  });
});
