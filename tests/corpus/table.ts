import type { Outcome } from './run.ts';

/** `docs/corpus.md`: what became of every fix, on the day it was run. */
export function corpusPage(kernel: string, outcomes: readonly Outcome[], date: string): string {
  const applied = outcomes.filter(({ outcome }) => outcome === 'applied');
  const seen = applied.filter(({ fix }) => fix.check?.after);
  const wrong = outcomes.filter(({ problems }) => problems.length > 0);
  const refused = outcomes.filter(({ fix }) => fix.expects !== 'applied');
  return `${[
    '# Real fixes, one by one',
    `Debian released ${outcomes.length} of these changes between its kernels 6.1.170-3 and 6.1.176-1; the patches are in \`tests/corpus/patches\`, each with a word on what`,
    'it mends. `npm run test:corpus` takes every one through the whole chain, from the patch to the running kernel and back: applied to the source of the pack,',
    'compiled by the compiler of the page, compared, packed, loaded into the guest, spliced, checked from user space, undone, checked again. After each step the',
    'kernel’s whole text is compared: it may differ at the jumps the report names and nowhere else. This page is written by that run.',
    '',
    `Run on ${date} with ${kernel}: ${applied.length} applied and undone, ${refused.length} refused as they have to be, ${wrong.length} with problems. Of those applied, the effect of ${seen.length}`,
    'can be seen by a program in the guest; others are exercised by one before, while and after, where one reaches them.',
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
    'Three fixes between the two kernels were left out on purpose. They add or move members of a structure that the running kernel has allocated already',
    '(`struct eventpoll`, `struct packet_sock`, the private part of `/proc/net/ptype`). Objects hold no types, so nothing here can tell; the new code would read',
    'old objects with new offsets. Such a change needs a person, and an update that keeps the old layout.',
    ...(wrong.length === 0 ? [] : ['', '## Problems', '', ...wrong.flatMap(problemRows)]),
  ].join('\n')}\n`;
}

function appliedRow({ fix, built, ...times }: Outcome): string {
  const { check } = fix;
  const seen = check?.after ? `\`${firstWord(check.command)}\`` : check ? 'works as before' : '–';
  const functions = built?.functions.map((name) => `\`${name}\``).join(' ') ?? '';
  const stopped = times.stopMicroseconds === undefined ? '' : `${(times.stopMicroseconds / 1000).toFixed(1)} ms`;
  return row(
    `[${fix.title}](../tests/corpus/patches/${fix.id}.patch)`,
    fix.subsystem,
    `${built?.units} (${built?.changedUnits})`,
    functions,
    seen,
    seconds(times.buildMilliseconds),
    seconds(times.applyMilliseconds),
    stopped,
    seconds(times.undoMilliseconds),
  );
}

function refusedRow({ fix, outcome }: Outcome): string {
  const because = fix.expects === 'applied' ? '' : fix.expects.because;
  return row(`[${fix.title}](../tests/corpus/patches/${fix.id}.patch)`, fix.subsystem, `\`${outcome}\``, because);
}

function problemRows({ fix, problems }: Outcome): string[] {
  return problems.map((problem) => `- ${fix.id}: ${problem}`);
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
