import { causeWords } from '../engine/pipeline/abort-cause.ts';
import type { ApplyReport, Mismatch, Splice, UndoReport } from '../engine/pipeline/report.ts';
import type { Output } from './output.ts';

/** Tells a person how an apply went: what was matched, how long the machine stood still, what was written where. */
export function showApply(output: Output, report: ApplyReport): void {
  showVerdict(output, report, 'applied', report.applyMilliseconds);
  row(output, 'matched', `${count(report.matchedSections, 'section')}, ${count(report.symbols, 'symbol')} inferred`);
  showOperation(output, report);
  if (report.mismatch) showMismatch(output, report.mismatch);
}

/** Tells a person how an undo went. */
export function showUndo(output: Output, report: UndoReport): void {
  showVerdict(output, report, 'undone', report.undoMilliseconds);
  showOperation(output, report);
}

function showVerdict(output: Output, report: ApplyReport | UndoReport, word: string, milliseconds: number): void {
  const { meaning, hint } = causeWords(report.abortCause);
  if (report.abortCause === 'ok') {
    output.line(`${output.paint('green', '✓')} ${output.paint('bold', report.id)} ${word} in ${milliseconds} ms`);
    return;
  }
  output.line(
    `${output.paint('red', '✗')} ${output.paint('bold', report.id)} not ${word}: ${output.paint('red', report.abortCause)}, ${meaning}`,
  );
  if (hint) row(output, 'hint', hint);
}

function showOperation(output: Output, report: ApplyReport | UndoReport): void {
  for (const stop of report.stops) {
    const instructions = stop.instructions === undefined ? '' : ` (${stop.instructions.toLocaleString('en')} instructions)`;
    const seen = `${count(stop.threads, 'thread')} and ${stop.words.toLocaleString('en')} words of stack checked`;
    row(output, report.stops.length > 1 ? `stop ${stop.try}` : 'stopped', `${stop.microseconds} µs${instructions}, ${seen}`);
  }
  for (const splice of report.splices) row(output, 'new' in splice ? 'spliced' : 'restored', spliceText(splice));
  for (const { name, kind, addr, before, after } of report.writes)
    row(output, 'written', `${name} (${kind}) at ${addr}: ${bytes(before)} → ${bytes(after)}`);
  for (const { kind, name, result } of report.hooks)
    row(output, 'hook', `${kind}: ${name}()${result === 0 ? '' : ` refused with ${result}`}`);
  for (const conflict of report.conflicts)
    row(output, 'busy', `${conflict.comm} (pid ${conflict.pid}) in ${conflict.labels.join(', ')}`);
  if (report.abortCause !== 'ok') for (const line of report.kernelLog) row(output, 'log', line);
}

function spliceText({ name, addr, new: target, before, after }: Splice): string {
  return `${name} at ${addr}: ${bytes(before)} → ${bytes(after)}${target ? `, a jump to ${target}` : ''}`;
}

function showMismatch(output: Output, mismatch: Mismatch): void {
  const place = mismatch.offset === undefined ? '' : `, ${mismatch.offset} bytes in`;
  row(output, 'differs', `${mismatch.name}${mismatch.address ? ` at ${mismatch.address}` : ''}${place}`);
  if (mismatch.expected !== undefined) row(output, 'expected', bytes(mismatch.expected));
  if (mismatch.found !== undefined) row(output, 'found', bytes(mismatch.found));
}

function row(output: Output, name: string, text: string): void {
  output.line(`    ${output.paint('dim', name.padEnd(9))} ${text}`);
}

function bytes(hex: string): string {
  return hex.replace(/(..)(?=.)/g, '$1 ');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
