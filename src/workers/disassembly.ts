import { expose } from 'comlink';
import type { Code } from '../engine/diff/changes.ts';
import type { Result } from '../engine/failure.ts';
import { disassemble, load, type Instruction } from './disassembler.ts';

/** The disassembler behind a worker; its WebAssembly is fetched at the first call. */
const disassembly = {
  async disassemble(code: Code): Promise<Result<readonly Instruction[]>> {
    const ready = await load();
    return ready.ok ? disassemble(code) : ready;
  },
};

export type Disassembly = typeof disassembly;

expose(disassembly);
