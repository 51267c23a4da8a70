import type { Fix } from './corpus.ts';
import type { Result } from './results.ts';

/** A fix and what became of it. */
interface Row {
  readonly fix: Fix;
  readonly result: Result;
}

/** `docs/corpus.md`: what became of every fix when it was last run. */
export function corpusPage(kernel: string, fixes: readonly Fix[], results: ReadonlyMap<string, Result>): string {
  const rows = fixes.flatMap((fix): Row[] => {
    const result = results.get(fix.id);
    return result ? [{ fix, result }] : [];
  });
  const wrong = rows.filter(({ result }) => result.problems.length > 0);
  const right = rows.filter(({ result }) => result.problems.length === 0);
  const applied = right.filter(({ result }) => result.outcome === 'applied');
  const seen = applied.filter(({ fix }) => fix.check?.after);
  const refused = right.filter(({ fix }) => fix.expects !== 'applied');
  const missing = fixes.filter(({ id }) => !results.has(id));
  const dates = [...new Set(rows.map(({ result }) => result.date))].sort();
  return `${[
    '# Real fixes, one by one',
    '',
    `Debian released these ${fixes.length} changes between its kernels 6.1.170-3 and 6.1.176-1; the patches are in \`tests/corpus/patches\`, each with a word on what`,
    'it mends. `npm run test:corpus` takes every one through the whole chain, from the patch to the running kernel and back: applied to the source of the pack,',
    'compiled by the compiler of the page, compared, packed, loaded into the guest, spliced, checked from user space, undone, checked again. After each step the',
    'kernel’s whole text is compared: it may differ at the jumps the report names and nowhere else. This page is written by that run.',
    '',
    `Run on ${dates.join(', ')} with ${kernel}: ${applied.length} applied and undone, ${refused.length} refused as they have to be, ${wrong.length} with problems. Of those applied, the effect of ${seen.length}`,
    'can be seen by a program in the guest; others are exercised by one before, while and after, where one reaches them. Times are of that run, on a machine that may',
    'have had other work.',
    '',
    '## Applied and undone',
    '',
    '| fix | subsystem | units compiled (changed) | functions replaced | seen from user space | build | apply | machine stopped | undo |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...applied.map(appliedRow),
    '',
    '## Refused, and why that is right',
    '',
    '| change | subsystem | code | because |',
    '| --- | --- | --- | --- |',
    ...refused.map(refusedRow),
    '',
    '## What no tool can see',
    '',
    'Some fixes between the two kernels were left out on purpose. They add or move members of a structure that the running kernel has allocated already',
    '(`struct eventpoll`, `struct packet_sock`, `struct device`, the private part of `/proc/net/ptype`). Objects hold no types, so nothing here can tell; the new',
    'code would read old objects with new offsets. Such a change needs a person, and an update that keeps the old layout.',
    ...(missing.length === 0 ? [] : ['', '## Not run', '', ...missing.map(({ id, title }) => `- ${id}: ${title}`)]),
    ...(wrong.length === 0 ? [] : ['', '## Problems', '', ...wrong.flatMap(problemRows)]),
  ].join('\n')}\n`;
}

function appliedRow({ fix, result }: Row): string {
  const { check } = fix;
  const seen = check?.after ? `\`${firstWord(check.command)}\`` : check ? 'works as before' : '–';
  const functions = result.functions.map((name) => `\`${name}\``).join(' ');
  const stopped = result.stopMicroseconds === undefined ? '' : `${(result.stopMicroseconds / 1000).toFixed(1)} ms`;
  return row(
    `[${fix.title}](../tests/corpus/patches/${fix.id}.patch)`,
    fix.subsystem,
    `${result.units} (${result.changedUnits})`,
    functions,
    seen,
    seconds(result.buildMilliseconds),
    seconds(result.applyMilliseconds),
    stopped,
    seconds(result.undoMilliseconds),
  );
}

function refusedRow({ fix, result }: Row): string {
  const because = fix.expects === 'applied' ? '' : fix.expects.because;
  return row(`[${fix.title}](../tests/corpus/patches/${fix.id}.patch)`, fix.subsystem, `\`${result.outcome}\``, because);
}

function problemRows({ fix, result }: Row): string[] {
  return result.problems.map((problem) => `- ${fix.id}: ${problem}`);
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : `${(milliseconds / 1000).toFixed(1)} s`;
}

function firstWord(command: string): string {
  return command.split(/[\s;]/)[0] ?? command;
}
