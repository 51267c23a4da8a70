import type { Diagnostic } from './diagnostic.ts';

const HEAD = /^(?<path>[^\s:][^:]*):(?<line>\d+): (?<kind>Error|Warning|Fatal error|Info): (?<message>.*)$/;

/**
 * Reads what `as` wrote. A place in the source is the source's: the compiler marks inline assembly with the line it came from. What
 * concerns text that the compiler made itself has the path of that text.
 */
export function parseAssemblerMessages(text: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of text.split('\n')) {
    const groups = HEAD.exec(line)?.groups;
    if (!groups) continue;
    const kind = groups['kind'];
    found.push({
      severity: kind === 'Warning' ? 'warning' : kind === 'Info' ? 'note' : 'error',
      message: groups['message'] ?? '',
      path: (groups['path'] ?? '').replace(/^(?:\.\/)+/, ''),
      line: Number(groups['line']),
      column: 0,
      children: [],
    });
  }
  return found;
}
