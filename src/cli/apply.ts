import { Command, Option } from 'commander';
import type { Failure, Result } from '../engine/failure.ts';
import { success } from '../engine/failure.ts';
import type { ApplyReport, UndoReport } from '../engine/pipeline/report.ts';
import type { Session } from '../engine/pipeline/session.ts';
import type { SessionEvent } from '../engine/pipeline/state.ts';
import { readUpdate } from '../engine/update/read.ts';
import { readInput } from './files.ts';
import { openPack, runCommands, startMachine, type CommandRun } from './machine.ts';
import { collect, machineOptions, type MachineOptions } from './options.ts';
import { ExitCode, Output } from './output.ts';
import { showApply, showUndo } from './report-text.ts';

interface ApplyOptions extends MachineOptions {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly undo?: boolean;
  readonly trace?: boolean;
}

/** What one `hotsplice apply` did, growing as it goes. */
interface Run {
  readonly updates: ApplyReport[];
  before: CommandRun[];
  after: CommandRun[];
  undone: CommandRun[];
  readonly undos: UndoReport[];
}

/** `hotsplice apply UPDATE…` */
export function applyCommand(): Command {
  const command = new Command('apply')
    .description('boot, apply updates in order and report; with --undo also undo them in reverse')
    .argument('<update...>', 'update tarballs')
    .addOption(new Option('--before <command>', 'run in the guest before; repeatable').argParser(collect).default([], 'none'))
    .addOption(new Option('--after <command>', 'run in the guest after; repeatable').argParser(collect).default([], 'none'))
    .option('--undo', 'undo all in reverse, then run the --before commands (or else the --after ones) again')
    .option('--trace', 'put the core’s whole trace into the JSON document');
  for (const option of machineOptions()) command.addOption(option);
  return command.action(async (files: string[], _options, self: Command) => {
    const options = self.optsWithGlobals<ApplyOptions>();
    const output = new Output(options);
    const pack = await openPack(options);
    if (!pack.ok) return output.fail(pack);
    const tarballs: Uint8Array[] = [];
    for (const file of files) {
      const bytes = await readInput(file);
      if (!bytes.ok) return output.fail(bytes);
      const update = readUpdate(bytes.value, pack.value.manifest);
      if (!update.ok) return output.fail({ ...update, where: update.where ? `${file}: ${update.where}` : file });
      tarballs.push(bytes.value);
    }
    const started = await startMachine(output, pack.value, options, (event) => showProgress(output, event));
    if (!started.ok) return output.fail(started);
    const { session, milliseconds } = started.value;
    output.line(output.paint('dim', `${session.pack.manifest.id}, up after ${milliseconds} ms`));
    const run: Run = { updates: [], before: [], after: [], undone: [], undos: [] };
    const done = await applyAll(output, session, tarballs, options, run);
    const log = done.ok ? await session.guest.exec({ command: 'dmesg', user: 'root', timeoutMs: 30_000 }) : done;
    await session.close();
    finish(output, options, run, done.ok ? log : done, log.ok ? log.value.stdout : '');
  });
}

async function applyAll(
  output: Output,
  session: Session,
  tarballs: readonly Uint8Array[],
  options: ApplyOptions,
  run: Run,
): Promise<Result<void>> {
  const before = await runCommands(output, session, options.before, options);
  if (!before.ok) return before;
  run.before = before.value;
  for (const tarball of tarballs) {
    const report = await session.apply(tarball);
    if (!report.ok) return report;
    run.updates.push(report.value);
    showApply(output, report.value);
    if (report.value.abortCause !== 'ok') break;
  }
  const after = await runCommands(output, session, options.after, options);
  if (!after.ok) return after;
  run.after = after.value;
  if (!options.undo) return success(undefined);
  for (const id of [...session.applied].reverse()) {
    const report = await session.undo(id);
    if (!report.ok) return report;
    run.undos.push(report.value);
    showUndo(output, report.value);
    if (report.value.abortCause !== 'ok') break;
  }
  const undone = await runCommands(output, session, options.before.length > 0 ? options.before : options.after, options);
  if (!undone.ok) return undone;
  run.undone = undone.value;
  return success(undefined);
}

/** Prints the document and sets the exit status: 1 if there was no verdict, or one that refused. */
function finish(output: Output, options: ApplyOptions, run: Run, done: Result<unknown>, log: string): void {
  const shorten = <T extends ApplyReport | UndoReport>({ trace, ...report }: T) =>
    options.trace ? { ...report, trace } : report;
  const document = {
    updates: run.updates.map(shorten),
    before: run.before,
    after: run.after,
    undone: run.undone,
    undos: run.undos.map(shorten),
    kernelLog: log.split('\n').filter(Boolean),
  };
  const refused = [...run.updates, ...run.undos].some((report) => report.abortCause !== 'ok');
  if (!done.ok) {
    const { ok: _, ...error }: Failure = done;
    output.document({ ...document, error });
    if (!output.json) output.fail(done);
  } else output.document(document);
  if (refused || !done.ok) process.exitCode = ExitCode.Failed;
}

function showProgress(output: Output, event: SessionEvent): void {
  if (event.type !== 'state') return;
  const { state } = event;
  const steps = {
    send: 'copying the modules into the guest',
    load: 'loading the modules',
    splice: 'the core is at work',
    unload: 'unloading what is no longer needed',
    recover: 'going back to the last good state',
  };
  if (state.name === 'applying') output.progress(`Applying ${state.id}: ${steps[state.step]} …`);
  if (state.name === 'undoing') output.progress(`Undoing ${state.id}: ${steps[state.step]} …`);
}
