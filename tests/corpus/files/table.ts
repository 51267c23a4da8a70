import type { Changes, Reason } from '../../../src/engine/diff/changes.ts';
import { functionsOf, type Compared } from './compare.ts';
import type { ChangedFile, FileCorpus } from './files.ts';

/** `docs/real-fixes.md`: what the differ said to every changed file when all were last compared. */
export function filesPage({ kernel, before, after }: FileCorpus, all: readonly Compared[], date: string): string {
  const rows = (...verdicts: ChangedFile['verdict'][]): Compared[] => all.filter(({ entry }) => verdicts.includes(entry.verdict));
  const made = all.filter(({ update }) => update === 'made').length;
  const wrong = all.filter(({ problems }) => problems.length > 0);
  const functions = all.reduce((sum, { changes }) => sum + functionsOf(changes, 'changed').length, 0);
  const [changed, refused, same] = [rows('changed'), rows('refused'), rows('identical', 'unchanged')];
  return `${[
    '# Every changed file of two kernels',
    '',
    `The kernel of the pack is built from ${all.length} C files that differ between ${packageText(before)} and ${packageText(after)}. Each is patched as Debian`,
    'did (`tests/corpus/files/patches`), on top of the sources of the pack, with those headers that it does not compile without, and compiled by the compiler of',
    'the page; then the object that runs and the new one are compared, in both directions and each with itself, and an update is made and read back.',
    'Somebody read every patch and both objects, with `objdump -dr`, and wrote down in `tests/corpus/files/files.json` which functions have to be found and why: a run that',
    'answers otherwise is a problem. `npm run corpus` does all this and writes this page; 12 of the files are part of `npm test`. What becomes of whole fixes in a',
    'kernel that runs is in [corpus.md](corpus.md).',
    '',
    `Run on ${date} with ${kernel}: ${changed.length} changed (${functions} functions), ${same.length} unchanged, ${refused.length} refused; ${made} updates made; ${wrong.length} answers other than they have to be.`,
    '',
    '## Changed',
    '',
    'A file whose change needs a header is compared alone, however many other units read that header; the number says how many. A whole fix has to compile those too.',
    '',
    '| file | functions | why | what it is | update |',
    '| --- | --- | --- | --- | --- |',
    ...changed.map(changedRow),
    '',
    '## Unchanged',
    '',
    '“Identical”: the compiler gives the very bytes that run. “Line numbers”: nothing but those differs. What is told beside it is in [differ.md](differ.md#boot-code-and-what-else-is-told).',
    '',
    '| file | object | what it is | update |',
    '| --- | --- | --- | --- |',
    ...same.map(sameRow),
    ...(refused.length === 0
      ? []
      : ['', '## Refused', '', '| file | code | what it is |', '| --- | --- | --- |', ...refused.map(refusedRow)]),
    ...(wrong.length === 0 ? [] : ['', '## Answers other than they have to be', '', ...wrong.flatMap(problemRows)]),
  ].join('\n')}\n`;
}

function packageText(packageVersion: string): string {
  return packageVersion.replace('=', ' ');
}

function changedRow({ entry, changes, pair, update, updateBytes }: Compared): string {
  const functions = [
    ...functionsOf(changes, 'changed').map((name) => `\`${name}\``),
    ...functionsOf(changes, 'new').map((name) => `+\`${name}\``),
    ...functionsOf(changes, 'removed').map((name) => `−\`${name}\``),
  ];
  return row(
    fileCell(entry, pair.readers),
    functions.join(' '),
    reasonCell(changes),
    entry.note,
    updateCell(update, updateBytes),
  );
}

function sameRow({ entry, changes, update, updateBytes }: Compared): string {
  const { lineOnly, ignored } = changes;
  const notes = ignored.map(({ name, kind }) => `\`${name}\` (${kind})`);
  const what =
    entry.verdict === 'identical'
      ? 'identical'
      : [...(lineOnly.length > 0 ? [`line numbers in ${lineOnly.length}`] : []), ...notes].join(', ');
  return row(fileCell(entry, 1), what, entry.note, updateCell(update, updateBytes));
}

function refusedRow({ entry, changes, pair }: Compared): string {
  const codes = changes.refusals.map(({ code, symbol }) => `\`${code}\`${symbol === undefined ? '' : ` (\`${symbol}\`)`}`);
  return row(fileCell(entry, pair.readers), [...new Set(codes)].join(' '), entry.note);
}

function problemRows({ entry, problems }: Compared): string[] {
  return problems.map((problem) => `- ${entry.file}: ${problem}`);
}

function fileCell({ file, headers }: ChangedFile, readers: number): string {
  const link = `[${file}](../tests/corpus/files/patches/${file}.patch)`;
  return headers.length === 0 ? link : `${link} with ${headers.map((path) => `\`${path}\``).join(', ')} (${readers} units)`;
}

/** How often each kind of difference is given as a reason. */
function reasonCell({ functions }: Changes): string {
  const kinds = new Map<Reason['kind'], number>();
  for (const { reasons } of functions)
    for (const kind of new Set(reasons.map((reason) => reason.kind))) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${kind} ×${count}`)).join(', ');
}

function updateCell(update: string, bytes: number): string {
  return update === 'made' ? `${(bytes / 1024).toFixed(1)} KB` : `\`${update}\``;
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
