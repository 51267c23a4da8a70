import { bytesEqual } from '../bytes.ts';
import { failure, success, type Result } from '../failure.ts';
import { ChangedTree } from './changed-tree.ts';
import { makeOutput, type Workshop } from './compile-unit.ts';
import { compileFailure, type CompileResult } from './diagnostic.ts';
import { sha256 } from './file-source.ts';
import { checkOffsets } from './offsets.ts';
import type { WorkPlan } from './plan.ts';
import type { Generated, GeneratedCheck } from './units.ts';

/**
 * Makes every generated file anew that the compiler alone can make and that the change may alter. Fails with `asm_offsets_changed` or
 * `generated_file` if the change alters one, and as a compile does if one does not compile.
 */
export async function checkGenerated(
  shop: Workshop,
  { checks, tree }: WorkPlan,
  signal: AbortSignal | undefined,
): Promise<CompileResult<void>> {
  const results = await Promise.all(
    checks.map(async (entry): Promise<CompileResult<void>> => {
      const { check } = entry;
      if (!check) return success(undefined);
      const made = await makeAnew(shop, entry, check, tree, signal);
      if (!made.ok) return made;
      const same = await compare(entry, check, made.value);
      if (same.ok) return same;
      // Without the change it may differ from what was recorded as well (identity.json tells); then the change did not do it.
      const before = await makeAnew(shop, entry, check, new ChangedTree(tree.sources, []), signal);
      if (!before.ok) return before;
      return bytesEqual(before.value, made.value) ? success(undefined) : compileFailure(same);
    }),
  );
  return results.find((result) => !result.ok) ?? success(undefined);
}

/** Makes a generated file anew and fails if it is not, byte for byte or number for number, what the pack recorded. */
export async function checkRecorded(shop: Workshop, entry: Generated, tree: ChangedTree): Promise<CompileResult<void>> {
  const { check } = entry;
  if (!check) return success(undefined);
  const made = await makeAnew(shop, entry, check, tree, undefined);
  if (!made.ok) return made;
  const same = await compare(entry, check, made.value);
  return same.ok ? same : compileFailure(same);
}

async function makeAnew(
  shop: Workshop,
  { how }: Generated,
  { unit }: GeneratedCheck,
  tree: ChangedTree,
  signal: AbortSignal | undefined,
): Promise<CompileResult<Uint8Array>> {
  const files = await tree.filesOf(unit);
  if (!files.ok) return compileFailure(files);
  const made = await makeOutput(shop.pool, { ...unit, textOnly: how !== 'object' }, tree, files.value, signal);
  return made.ok ? success(made.value.output) : made;
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
