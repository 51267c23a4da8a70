import { Command } from 'commander';
import type { Changes, FunctionChange, Pair } from '../engine/diff/changes.ts';
import { diffObjects } from '../engine/diff/diff.ts';
import { EVIDENCE, EVIDENCE_TEXT } from '../engine/diff/evidence.ts';
import type { IgnoredKind } from '../engine/diff/ignored.ts';
import type { Allowable, Refusal } from '../engine/diff/refusal.ts';
import type { Why } from '../engine/why/why.ts';
import { readInput } from './files.ts';
import { allowOption } from './options.ts';
import { ExitCode, Output } from './output.ts';
import { chainText, showPieces, showWhy } from './why-text.ts';
import { explainUnits, WHY } from './why.ts';

interface DiffOptions {
  readonly unit?: string;
  readonly patch?: string;
  readonly why?: boolean;
  readonly allow: readonly Allowable[];
  readonly json?: boolean;
}

/** `hotsplice diff PRE.o POST.o` */
export function diffCommand(): Command {
  return new Command('diff')
    .description('compare the objects of a unit before and after a change: which functions and data differ, and why')
    .argument('<pre>', 'object built from the source as it runs')
    .argument('<post>', 'object built from the changed source')
    .option('--unit <path>', 'path of the object in the kernel tree, such as fs/utimes.o (default: what both paths end in)')
    .option('--patch <file>', 'the source patch between the two: tells which of its lines lead to each function')
    .option(...WHY)
    .addOption(allowOption())
    .option('--json', 'print one JSON document')
    .action(async (pre: string, post: string, options: DiffOptions) => {
      const output = new Output(options);
      const before = await readInput(pre);
      if (!before.ok) return output.fail(before);
      const after = await readInput(post);
      if (!after.ok) return output.fail(after);
      const objectPath = options.unit ?? commonEnd(pre, post);
      const changes = diffObjects(before.value, after.value, { objectPath, files: { pre, post }, allow: options.allow });
      if (!changes.ok) return output.fail(changes);
      let patch: Uint8Array | undefined;
      if (options.patch !== undefined) {
        const read = await readInput(options.patch);
        if (!read.ok) return output.fail(read);
        patch = read.value;
      }
      const why = await explainUnits([changes.value], { patch, whole: options.why === true });
      if (!why.ok) return output.fail(why);
      showChanges(output, changes.value, why.value[0], options.why);
      output.document(options.why ? { ...changes.value, why: why.value[0] } : changes.value);
      if (changes.value.verdict === 'refused') process.exitCode = ExitCode.Failed;
    });
}

/** `a/pre/fs/utimes.o`, `b/post/fs/utimes.o` → `fs/utimes.o`. */
export function commonEnd(pre: string, post: string): string {
  const a = pre.split(/[\\/]/).reverse();
  const b = post.split(/[\\/]/).reverse();
  const same = a.findIndex((part, i) => part !== b[i]);
  const parts = a.slice(0, same < 0 ? a.length : same).filter((part) => part && !/^[A-Za-z]:$|^\.{1,2}$/.test(part));
  return parts.reverse().join('/') || (a[0] ?? pre);
}

/** Tells a person what differs, and in a line what leads to each function if that is known; `whole`: with instructions and all chains. */
export function showChanges(output: Output, changes: Changes, why?: Why, whole = false): void {
  const verdicts = {
    changed: output.paint('yellow', 'changed'),
    unchanged: output.paint('green', 'unchanged') + ': nothing would behave differently',
    refused: output.paint('red', 'refused'),
  };
  output.line(`${output.paint('bold', changes.object)}  ${verdicts[changes.verdict]}`);
  for (const change of changes.functions) {
    showFunction(output, change);
    const explained = why?.functions.find(({ name }) => name === change.name);
    if (explained && whole) showWhy(output, explained);
    else if (explained) for (const chain of chainText(explained)) output.line(`             ${output.paint('dim', chain)}`);
  }
  for (const datum of changes.data)
    output.line(
      `  ${datum.status.padEnd(8)} ${output.paint('bold', datum.name)}  ${datum.section}, ${datum.size} bytes${datum.how ? `, ${datum.how === 'copy' ? 'as a copy' : datum.how}` : ''}`,
    );
  for (const hook of changes.hooks) output.line(`  hook     ${hook.kind}: ${output.paint('bold', `${hook.function}()`)}`);
  for (const { name, status, gpl } of changes.exports)
    output.line(`  export   ${output.paint('bold', name)}${gpl ? ' (GPL)' : ''} is ${status}`);
  if (changes.lineOnly.length > 0) output.line(`  only line numbers moved in ${changes.lineOnly.join(', ')}`);
  if (whole) for (const { pieces } of why?.lineOnly ?? []) showPieces(output, pieces);
  for (const { name, section, kind, note } of changes.ignored)
    output.line(`  ${LEFT_OUT.includes(kind) ? 'left out' : 'noted   '}  ${name} (${section}): ${note}`);
  if (changes.functions.length > 0) showPairs(output, changes.pairs);
  for (const refusal of changes.refusals) showRefusal(output, refusal);
}

/** What an update leaves out; the other kinds are worth a word only. */
const LEFT_OUT: readonly IgnoredKind[] = ['boot', 'kept'];

const MOST_PAIRS = 12;

/** What was taken for the same thing though its name does not say so; the weakest evidence first. */
function showPairs(output: Output, pairs: readonly Pair[]): void {
  const told = pairs
    .filter(({ pre, post, decidedBy }) => pre !== post || decidedBy === 'order')
    .sort((a, b) => EVIDENCE.indexOf(b.decidedBy) - EVIDENCE.indexOf(a.decidedBy));
  for (const { pre, post, section, decidedBy } of told.slice(0, MOST_PAIRS)) {
    const names = pre === post ? pre : `${pre} → ${post}`;
    output.line(output.paint('dim', `  the same  ${names} (${section}), ${EVIDENCE_TEXT[decidedBy]}`));
  }
  if (told.length > MOST_PAIRS) output.line(output.paint('dim', `            and ${told.length - MOST_PAIRS} more (--json)`));
}

function showRefusal(output: Output, refusal: Refusal): void {
  const { file, line, symbol, section } = refusal;
  const place = file === undefined || line === undefined ? file : `${file}:${line}`;
  output.line(`  ${output.paint('red', '✗')} ${refusal.message} (${refusal.code})`);
  output.line(`      in ${[place, symbol, section].filter((part) => part !== undefined).join(', ')}`);
  output.line(`      ${refusal.rule}`);
  output.line(`      ${refusal.hint}`);
  if (refusal.allowable) output.line(`      Or leave it as it is: --allow ${refusal.code}.`);
}

function showFunction(output: Output, change: FunctionChange): void {
  const size = (side: 'pre' | 'post') => change.pieces.reduce((sum, piece) => sum + (piece[side]?.size ?? 0), 0);
  const sizes = {
    changed: `${size('pre')} → ${size('post')} bytes`,
    new: `${size('post')} bytes`,
    removed: `${size('pre')} bytes`,
  };
  output.line(`  ${change.status.padEnd(8)} ${output.paint('bold', `${change.name}()`)}  ${sizes[change.status]}`);
  for (const reason of change.reasons) output.line(`             ${reason.text}`);
}
