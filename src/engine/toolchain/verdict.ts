import { failure, type Failure } from '../failure.ts';
import { parseAssemblerMessages } from './assembler-messages.ts';
import { inEditorColumns } from './columns.ts';
import { bareMessages, parseCompilerMessages } from './compiler-messages.ts';
import { compileFailure, type CompileFailure, type Diagnostic } from './diagnostic.ts';
import type { UnitOutcome } from './unit-job.ts';

type TextOf = (path: string) => string | undefined;

/** All that the tools said of a unit. */
export function diagnosticsOf({ messages }: Pick<UnitOutcome, 'messages'>, textOf: TextOf): Diagnostic[] {
  const compiler = parseCompilerMessages(messages.cc1).map((diagnostic) => inEditorColumns(diagnostic, textOf));
  return [...unclosedCalls(compiler, textOf), ...parseAssemblerMessages(messages.as)];
}

/** GCC puts a macro call that is never closed anywhere; what it says next, of the macro's name, tells where the call is. */
function unclosedCalls(diagnostics: readonly Diagnostic[], textOf: TextOf): Diagnostic[] {
  return diagnostics.map((diagnostic, at) => {
    const macro = UNCLOSED.exec(diagnostic.message)?.groups?.['macro'];
    if (macro === undefined) return diagnostic;
    const call = diagnostics.slice(at + 1).find(({ path, line, column }) => {
      const text = textOf(path)?.split('\n')[line - 1];
      return text?.startsWith(macro, column - 1);
    });
    if (!call) return diagnostic;
    const { path, line, column } = call;
    const { severity, message } = diagnostic;
    return { severity, message, path, line, column, endColumn: column + macro.length, children: [] };
  });
}

const UNCLOSED = /^unterminated argument list invoking macro "(?<macro>\w+)"$/;

/** The header that ended a compile because it is nowhere, and the line that asks for it. */
export function missingHeader(outcome: UnitOutcome): { name: string; from: string; line: number } | undefined {
  if (outcome.kind !== 'failed' || outcome.tool !== 'cc1') return undefined;
  const last = parseCompilerMessages(outcome.messages.cc1).findLast((diagnostic) => diagnostic.severity === 'error');
  const name = last && /^(?<name>\S+): No such file or directory$/.exec(last.message)?.groups?.['name'];
  return last && name !== undefined ? { name, from: last.path, line: last.line } : undefined;
}

/**
 * What to tell of a unit that gave no object: `compile_error`, `assembler_error`, `missing_header`, `compiler_out_of_memory`,
 * `compiler_crashed`, `compiler_refused` (the tool itself was called wrongly).
 */
export function unitFailure(unit: string, outcome: Exclude<UnitOutcome, { kind: 'made' }>, textOf: TextOf): CompileFailure {
  const diagnostics = diagnosticsOf(outcome, textOf);
  if (outcome.kind === 'crashed') return compileFailure(crash(unit, outcome.reason, outcome.found), diagnostics);
  const header = missingHeader(outcome);
  if (header) {
    const missing = failure('missing_header', 'The change includes a header that this kernel was not built from.', {
      where: `${header.from}:${header.line}`,
      found: header.name,
      hint: 'Only headers that some part of this kernel reads are here. Copy what is needed of it, or include one that is.',
    });
    return compileFailure(missing, diagnostics);
  }
  const first = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  if (!first) {
    const said = outcome.tool === 'cc1' ? bareMessages(outcome.messages.cc1)[0] : outcome.messages.as.trim().split('\n').at(-1);
    return compileFailure(
      failure('compiler_refused', 'The compiler did not do its work.', {
        where: unit,
        expected: 'exit status 0',
        found: `${outcome.tool}: ${said !== undefined && said !== '' ? said : `exit status ${outcome.status}`}`,
      }),
      diagnostics,
    );
  }
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  return compileFailure(
    failure(outcome.tool === 'cc1' ? 'compile_error' : 'assembler_error', 'The change does not compile.', {
      where: `${first.path}:${first.line}${first.column > 0 ? `:${first.column}` : ''}`,
      found: `${first.message}${errors > 1 ? ` (and ${errors - 1} more)` : ''}`,
      hint: 'Correct the source and try again. The running kernel is untouched.',
    }),
    diagnostics,
  );
}

function crash(unit: string, reason: 'memory' | 'stack' | 'trap', found: string): Failure {
  if (reason === 'memory') {
    return failure('compiler_out_of_memory', 'The compiler ran out of memory.', {
      where: unit,
      expected: 'at most 2 GB',
      found,
      hint: 'Look for code that grows without end when it is expanded: macros that call each other, or very large arrays and initialisers.',
    });
  }
  return failure('compiler_crashed', reason === 'stack' ? 'The compiler’s stack was exhausted.' : 'The compiler broke down.', {
    where: unit,
    found,
    hint:
      reason === 'stack'
        ? 'Look for expressions, blocks or macros nested thousands deep.'
        : 'Change the source a little and try again; what is said here helps to find the mistake in the compiler.',
  });
}
