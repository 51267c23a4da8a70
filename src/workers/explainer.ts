import { expose } from 'comlink';
import { loadDisassembler } from '../disassembler/capstone.ts';
import type { Changes } from '../engine/diff/changes.ts';
import type { Result } from '../engine/failure.ts';
import { parsePatch } from '../engine/patch/parse.ts';
import { explain, type SourceEvidence } from '../engine/why/explain.ts';
import type { Why } from '../engine/why/why.ts';

/** What explains functions behind a worker; the disassembler's WebAssembly is fetched at the first call. */
const explainer = {
  /** `patch`: the text of the patch that the objects were compiled before and after; empty if there is none. */
  async explain(changes: Changes, patch: string, sources: readonly SourceEvidence[]): Promise<Result<Why>> {
    const disassemble = await loadDisassembler();
    if (!disassemble.ok) return disassemble;
    const parsed = patch === '' ? undefined : parsePatch(patch);
    if (parsed && !parsed.ok) return parsed;
    return explain(changes, { disassemble: disassemble.value, patch: parsed?.value, sources });
  },
};

export type Explainer = typeof explainer;

expose(explainer);
