import { success, type Result } from '../engine/failure.ts';
import type { FileChange } from '../engine/patch/tree.ts';
import { writePatch } from '../engine/patch/write.ts';
import type { Toolchain } from '../engine/toolchain/toolchain.ts';

/** What the changes are against the kernel's sources, as git writes it. */
export async function diffOf(toolchain: Toolchain, changes: readonly FileChange[]): Promise<Result<string>> {
  const files: { path: string; before: string | undefined; after: string | undefined }[] = [];
  for (const { path, text } of changes) {
    const before = toolchain.sources.has(path) ? await toolchain.readFile(path) : success(undefined);
    if (!before.ok) return before;
    files.push({ path, before: before.value, after: text ?? undefined });
  }
  return success(writePatch(files));
}
