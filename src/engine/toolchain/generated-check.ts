import { failure, success, type Result } from '../failure.ts';
import { makeOutput, type Workshop } from './compile-unit.ts';
import { compileFailure, type CompileResult } from './diagnostic.ts';
import { sha256 } from './file-source.ts';
import { checkOffsets } from './offsets.ts';
import type { WorkPlan } from './plan.ts';
import type { Generated, GeneratedCheck } from './units.ts';

/**
 * Makes every generated file anew that the compiler alone can make and that the change may alter. Fails with `asm_offsets_changed` or
 * `generated_file` if one comes out otherwise than in the running kernel, and as a compile does if one does not compile.
 */
export async function checkGenerated(
  shop: Workshop,
  { checks, tree }: WorkPlan,
  signal: AbortSignal | undefined,
): Promise<CompileResult<void>> {
  const results = await Promise.all(
    checks.map(async (entry): Promise<CompileResult<void>> => {
      const { check, how } = entry;
      if (!check) return success(undefined);
      const files = await tree.filesOf(check.unit);
      if (!files.ok) return compileFailure(files);
      const made = await makeOutput(shop.pool, { ...check.unit, textOnly: how !== 'object' }, tree, files.value, signal);
      if (!made.ok) return made;
      const same = await compare(entry, check, made.value.output);
      return same.ok ? same : compileFailure(same);
    }),
  );
  return results.find((result) => !result.ok) ?? success(undefined);
}

async function compare(entry: Generated, check: GeneratedCheck, output: Uint8Array): Promise<Result<void>> {
  if (check.text !== undefined) return checkOffsets(new TextDecoder().decode(output), check.text, entry.output);
  const found = await sha256(output);
  if (!found.ok) return found;
  return found.value === check.sha256 ? success(undefined) : linkedElsewhere(entry);
}

/** A change to what is linked by itself (the vDSO, real-mode code), or to how the kernel is linked. */
export function linkedElsewhere({ output, how }: Generated): Result<never> {
  return failure(
    'generated_file',
    how === 'object'
      ? 'The change alters code that is linked into a file of its own, which the kernel then contains as data.'
      : 'The change alters how the kernel is linked.',
    {
      where: output,
      hint: 'Only code and data of the kernel proper can be replaced while it runs. A change that needs this needs a new kernel.',
    },
  );
}
