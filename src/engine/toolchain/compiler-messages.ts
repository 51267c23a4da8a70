import type { Diagnostic, Place } from './diagnostic.ts';

/**
 * Arguments that make `cc1` say what {@link parseCompilerMessages} reads. Its JSON form is not asked for: that leaves out where a macro was
 * expanded, which file included the header at fault, and the function.
 */
export const MESSAGE_ARGUMENTS: readonly string[] = [
  '-fdiagnostics-color=never',
  '-fdiagnostics-column-unit=byte',
  '-fmessage-length=0',
  '-fmax-errors=50',
];

/**
 * Ways to ask again when the compiler broke down while it was telling what is wrong, the gentlest first. GCC 12 does that, or not, after a
 * macro call that is never closed: the place it then tells of is not initialised.
 */
export const PLAINER_MESSAGES: readonly (readonly string[])[] = [
  ['-fno-diagnostics-show-caret'],
  ['-fno-diagnostics-show-caret', '-ftrack-macro-expansion=0'],
];

const HEAD =
  /^(?<path>[^\s:][^:]*):(?<line>\d+)(?::(?<column>\d+))?: (?<kind>fatal error|internal compiler error|error|warning|note|sorry, unimplemented): (?<message>.*)$/;
/** Without a place: what concerns the whole run (`cc1: some warnings being treated as errors`, `cc1: fatal error: …`). */
const BARE = /^cc1: (?<kind>fatal error|error|internal compiler error|out of memory)?:? ?(?<message>.*)$/;
const INCLUDED = /^(?:In file included| {16,}) ?from (?<path>[^:]+):(?<line>\d+)(?::\d+)?[:,]$/;
const FUNCTION = /^[^:\s][^:]*: (?:In function '(?<name>[^']+)'|At top level):$/;
const OPTION = / \[(?<option>-W[^\]]+)\]$/;
const SNIPPET = /^ *\d* \|(?<text>.*)$/;

type Draft = { -readonly [K in keyof Diagnostic]: Diagnostic[K] } & { children: Draft[] };

/** Reads what `cc1` wrote, with {@link MESSAGE_ARGUMENTS} given. Columns are bytes, as it counts. Lines that are no diagnostics are left out. */
export function parseCompilerMessages(text: string): Diagnostic[] {
  const found: Draft[] = [];
  const chains = new Map<string, readonly Place[]>();
  let chain: Place[] = [];
  let inFunction: string | undefined;
  let last: Draft | undefined;
  for (const line of text.split('\n')) {
    const include = INCLUDED.exec(line)?.groups;
    const function_ = FUNCTION.exec(line);
    const head = HEAD.exec(line)?.groups;
    const snippet = SNIPPET.exec(line)?.groups;
    if (include) {
      chain.push({ path: clean(include['path']), line: Number(include['line']) });
    } else if (function_) {
      inFunction = function_.groups?.['name'];
    } else if (head) {
      const next = draft(head);
      remember([{ path: next.path, line: next.line }, ...chain], chains);
      chain = [];
      last = next;
      if (next.severity === 'note' && found.length > 0) {
        found.at(-1)?.children.push(next);
        continue;
      }
      const includedFrom = chains.get(next.path);
      if (includedFrom) next.includedFrom = includedFrom;
      if (inFunction !== undefined) next.function = inFunction;
      found.push(next);
    } else if (snippet && last) {
      mark(last, snippet['text'] ?? '');
    }
  }
  return found;
}

/** What `cc1` said of the run as a whole, such as an option it does not know. */
export function bareMessages(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const groups = BARE.exec(line)?.groups;
    return groups && line !== TREATED ? [groups['message'] ?? line] : [];
  });
}

const TREATED = 'cc1: some warnings being treated as errors';

function draft(groups: Record<string, string | undefined>): Draft {
  const whole = groups['message'] ?? '';
  const option = OPTION.exec(whole)?.groups?.['option'];
  const kind = groups['kind'];
  return {
    severity: kind === 'warning' || kind === 'note' ? kind : 'error',
    message: whole.replace(OPTION, ''),
    path: clean(groups['path']),
    line: Number(groups['line']),
    column: Number(groups['column'] ?? 0),
    ...(option !== undefined && { option: option.replace(/^-Werror=/, '-W') }),
    children: [],
  };
}

/** GCC names the includes of a header once, and later only up to a file it has named before: every part of a chain is kept. */
function remember(chain: readonly Place[], chains: Map<string, readonly Place[]>): void {
  const outermost = chain.at(-1);
  const whole = [...chain, ...((outermost && chains.get(outermost.path)) ?? [])];
  for (const [at, { path }] of whole.slice(0, -1).entries()) {
    if (!chains.has(path)) chains.set(path, whole.slice(at + 1));
  }
}

/** The line of `~~~^~~~` below the quoted source says how far the marked text goes beyond the caret. */
function mark(diagnostic: Draft, text: string): void {
  if (diagnostic.endColumn !== undefined || diagnostic.column === 0) return;
  const after = /^[\s~]*\^(?<rest>~*)/.exec(text)?.groups?.['rest'];
  if (after !== undefined) diagnostic.endColumn = diagnostic.column + 1 + after.length;
}

function clean(path: string | undefined): string {
  return (path ?? '').replace(/^(?:\.\/)+/, '');
}
