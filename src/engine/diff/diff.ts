import { bytesEqual } from '../bytes.ts';
import { success, type Result } from '../failure.ts';
import { EM_386, EM_X86_64 } from '../elf/constants.ts';
import { readElf } from '../elf/reader.ts';
import type { Changes } from './changes.ts';
import { compareUnits, type Comparison } from './compare.ts';
import { describeChanges } from './describe.ts';
import type { Allowable } from './refusal.ts';
import { readUnit } from './unit.ts';

export interface DiffOptions {
  /** Path of the object in the kernel tree, such as `kernel/sys.o`; names the objects in failures and reports. */
  readonly objectPath: string;
  /** What to call the two objects if they cannot be read; by default their path and which of the two it is. */
  readonly files?: { readonly pre: string; readonly post: string };
  /** Accepted machines; by default i386 and x86-64. */
  readonly machines?: readonly number[];
  /** Codes of refusals that shall not be made. */
  readonly allow?: readonly Allowable[];
  /** Replace functions too that differ only by line numbers in their code. */
  readonly replaceLineOnly?: boolean;
}

/** Compares the objects of a unit before and after a source change. Fails only if one of them cannot be read; what cannot be shipped is a refusal in the result. */
export function diffObjects(pre: Uint8Array, post: Uint8Array, options: DiffOptions): Result<Changes> {
  const comparison = compareObjects(pre, post, options);
  return comparison.ok ? success(describeChanges(comparison.value)) : comparison;
}

/** The same, in the spans of the two objects: what an update is made from. */
export function compareObjects(pre: Uint8Array, post: Uint8Array, options: DiffOptions): Result<Comparison> {
  const { objectPath, files, machines = [EM_386, EM_X86_64], allow = [], replaceLineOnly } = options;
  const before = readElf(pre, { name: files?.pre ?? `${objectPath} (pre)`, machines });
  if (!before.ok) return before;
  const after = readElf(post, { name: files?.post ?? `${objectPath} (post)`, machines: [before.value.machine] });
  if (!after.ok) return after;
  const units = [readUnit(before.value), readUnit(after.value)] as const;
  const comparison = compareUnits(...units, objectPath, new Set(allow), replaceLineOnly);
  // What is not understood cannot matter where nothing at all differs.
  return success(bytesEqual(pre, post) ? { ...comparison, refusals: [] } : comparison);
}
