import { success, type Result } from '../failure.ts';
import { Machine } from '../machine/machine.ts';
import type { WasmSource } from '../machine/wasm.ts';
import type { KernelPack } from './pack.ts';

/** Restore the pack's snapshot, or boot its kernel from the start. */
export type BootFrom = 'snapshot' | 'kernel';

export interface OpenedMachine {
  readonly machine: Machine;
  /** The pack's snapshot as it is stored, if the machine came from it. */
  readonly snapshot?: Uint8Array;
}

/** Reads what a machine needs from the pack and opens it. It does not run yet. */
export async function openMachine(pack: KernelPack, wasm: WasmSource, from: BootFrom): Promise<Result<OpenedMachine>> {
  const roles = from === 'snapshot' ? ['bios', 'vgabios', 'snapshot'] : ['bios', 'vgabios', 'kernel', 'initrd'];
  const files = await Promise.all(roles.map((role) => pack.file(role)));
  const bytes: Uint8Array[] = [];
  for (const file of files) {
    if (!file.ok) return file;
    bytes.push(file.value);
  }
  const [bios = EMPTY, vgabios = EMPTY, first = EMPTY, initrd = EMPTY] = bytes;
  const { memoryMiB, cmdline } = pack.manifest;
  const start = from === 'snapshot' ? { snapshot: first } : { kernel: first, initrd, cmdline };
  const machine = await Machine.open({ wasm, bios, vgabios, memoryMiB, ...start });
  if (!machine.ok) return machine;
  return success({ machine: machine.value, ...(from === 'snapshot' && { snapshot: first }) });
}

const EMPTY = new Uint8Array(0);
