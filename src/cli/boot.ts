import { Command, Option } from 'commander';
import type { Session } from '../engine/pipeline/session.ts';
import { openPack, runCommands, startMachine, type CommandRun } from './machine.ts';
import { collect, machineOptions, type MachineOptions } from './options.ts';
import { Output } from './output.ts';
import { attachTerminal } from './terminal.ts';

/** `hotsplice boot` */
export function bootCommand(): Command {
  const command = new Command('boot')
    .description('boot a kernel headless and run commands in it; without any, on a terminal, attach to its shell')
    .addOption(new Option('--exec <command>', 'shell command to run; repeatable').argParser(collect).default([], 'none'));
  for (const option of machineOptions()) command.addOption(option);
  return command.action(async (_options, self: Command) => {
    const options = self.optsWithGlobals<MachineOptions & { exec: string[] }>();
    const output = new Output(options);
    const pack = await openPack(options);
    if (!pack.ok) return output.fail(pack);
    const started = await startMachine(output, pack.value, options);
    if (!started.ok) return output.fail(started);
    const { session, milliseconds } = started.value;
    const { id } = session.pack.manifest;
    output.progress(`${id} is up after ${milliseconds} ms.`);
    if (options.exec.length === 0) await show(output, session);
    const runs = await runCommands(output, session, options.exec, options);
    await session.close();
    if (!runs.ok) return output.fail(runs);
    output.document({ kernel: id, bootMilliseconds: milliseconds, commands: runs.value });
    process.exitCode = lastStatus(runs.value);
  });
}

/** Without commands: the guest's shell if a person sits here, else what booted. */
async function show(output: Output, session: Session): Promise<void> {
  const { release, version } = session.pack.manifest;
  output.line(`Linux ${release} ${version}`);
  if (output.json || !process.stdin.isTTY || !process.stdout.isTTY) return;
  output.line(output.paint('dim', 'This is the guest’s shell. Ctrl-] leaves it.'));
  const reason = await attachTerminal(session);
  output.line();
  if (reason) output.line(reason);
}

function lastStatus(runs: readonly CommandRun[]): number {
  return runs.at(-1)?.status ?? 0;
}
