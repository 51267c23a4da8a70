import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadDisassembler } from '../disassembler/capstone.ts';
import type { Changes } from '../engine/diff/changes.ts';
import { failure, success, type Result } from '../engine/failure.ts';
import { parsePatch } from '../engine/patch/parse.ts';
import type { Disassemble } from '../engine/why/decode.ts';
import { explain, type SourceEvidence } from '../engine/why/explain.ts';
import type { Why } from '../engine/why/why.ts';

/** The option of every command that compares objects. */
export const WHY = ['--why', 'show the instructions of each function side by side, and what of the patch leads to it'] as const;

interface WhyOptions {
  readonly patch?: string | Uint8Array | undefined;
  readonly sources?: readonly SourceEvidence[] | undefined;
  /** With `--why`. Otherwise only a patch is a reason to look. */
  readonly whole: boolean;
}

/** Explains the units of a change. Without `--why` and without a patch there is nothing to say, and the disassembler stays unloaded. */
export async function explainUnits(units: readonly Changes[], { patch, sources, whole }: WhyOptions): Promise<Result<Why[]>> {
  if (!whole && patch === undefined) return success([]);
  const parsed = patch === undefined ? undefined : parsePatch(patch);
  if (parsed && !parsed.ok) return parsed;
  const disassemble = await loadCapstone();
  if (!disassemble.ok) return disassemble;
  const result: Why[] = [];
  for (const unit of units) {
    const why = explain(unit, { disassemble: disassemble.value, patch: parsed?.value, sources });
    if (!why.ok) return why;
    result.push(why.value);
  }
  return success(result);
}

async function loadCapstone(): Promise<Result<Disassemble>> {
  let wasm: Uint8Array;
  try {
    wasm = readFileSync(join(dirname(createRequire(import.meta.url).resolve('capstone-wasm')), 'capstone.wasm'));
  } catch (error) {
    return failure('disassembler_missing', 'The disassembler could not be loaded.', {
      where: 'capstone.wasm',
      found: error instanceof Error ? error.message : String(error),
      hint: 'Install the packages again (npm ci).',
    });
  }
  return loadDisassembler(wasm);
}
