import { stat } from 'node:fs/promises';
import { success, type Result } from '../engine/failure.ts';
import { KernelPack } from '../engine/pipeline/pack.ts';
import { Session } from '../engine/pipeline/session.ts';
import type { SessionEvent } from '../engine/pipeline/state.ts';
import { folderSource, packsFolder, readInput, wasmBytes } from './files.ts';
import type { MachineOptions } from './options.ts';
import type { Output } from './output.ts';

/** What one command in the guest gave. */
export interface CommandRun {
  readonly cmd: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedMachine {
  readonly session: Session;
  readonly milliseconds: number;
}

/** Opens the kernel pack a command asked for. */
export function openPack(options: Pick<MachineOptions, 'kernel' | 'packs'>): Promise<Result<KernelPack>> {
  return KernelPack.open(folderSource(packsFolder(options.packs)), options.kernel);
}

/** Starts a machine and copies the files in that the command asked for. */
export async function startMachine(
  output: Output,
  pack: KernelPack,
  options: MachineOptions,
  onEvent?: (event: SessionEvent) => void,
): Promise<Result<StartedMachine>> {
  const files: { readonly guestPath: string; readonly bytes: Uint8Array; readonly mode: number }[] = [];
  for (const { file, guestPath } of options.put) {
    const bytes = await readInput(file);
    if (!bytes.ok) return bytes;
    const executable = ((await stat(file)).mode & 0o100) !== 0;
    files.push({ guestPath, bytes: bytes.value, mode: executable ? 0o755 : 0o644 });
  }
  output.progress(`${options.cold || !pack.has('snapshot') ? 'Booting' : 'Restoring'} ${pack.manifest.id} …`);
  const began = performance.now();
  const session = await Session.open({
    pack,
    wasm: await wasmBytes(),
    ...(options.cold && { from: 'kernel' }),
    onEvent,
  });
  if (!session.ok) return session;
  const milliseconds = Math.round(performance.now() - began);
  for (const { guestPath, bytes, mode } of files) {
    const written = await session.value.guest.writeFile(guestPath, bytes, mode);
    if (written.ok) continue;
    await session.value.close();
    return written;
  }
  return success({ session: session.value, milliseconds });
}

/** Runs commands one after the other, showing their output as it comes; stops at the first that gives no status. */
export async function runCommands(
  output: Output,
  session: Session,
  commands: readonly string[],
  { user, timeout }: MachineOptions,
): Promise<Result<CommandRun[]>> {
  const runs: CommandRun[] = [];
  for (const cmd of commands) {
    output.line(`${output.paint('dim', user === 'root' ? '#' : '$')} ${output.paint('bold', cmd)}`);
    const run = await session.guest.exec({
      command: cmd,
      user,
      timeoutMs: timeout * 1000,
      onOutput: (stream, bytes) => output.raw(stream, bytes),
    });
    if (!run.ok) return { ...run, where: run.where ?? cmd };
    if (run.value.status !== 0) output.line(output.paint('dim', `(exit status ${run.value.status})`));
    runs.push({ cmd, ...run.value });
  }
  return success(runs);
}
