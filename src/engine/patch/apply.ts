import { failure, success, type Failure, type Result } from '../failure.ts';
import { applyHunks, type Fit, type PatchedText } from './apply-file.ts';
import { chooseStrip } from './strip.ts';
import { treePath } from './name.ts';
import type { FilePatch, Patch } from './patch.ts';
import { describeMisfits, type FileOutcome, type PatchFailure } from './patch-failure.ts';
import { PatchedTree, type FileChange, type ReadFile } from './tree.ts';

/** A hunk that did not fit exactly where the patch says. */
export interface HunkNote extends Fit {
  readonly path: string;
}

export interface AppliedPatch {
  readonly files: readonly FileChange[];
  /** Only of hunks that needed an offset, fuzz or other line ends. */
  readonly notes: readonly HunkNote[];
  /** Files of the patch that this kernel is not built from: documentation, other architectures, drivers that are not in it. */
  readonly leftOut: readonly string[];
}

/**
 * Applies a patch to the files that `read` gives, all of it or nothing. Failures: those of `read`, `unsafe_path`, `file_exists`,
 * `file_not_in_kernel` (none of its files is), and as `PatchFailure`: `patch_failed`, `already_applied`.
 */
export async function applyPatch(patch: Patch, read: ReadFile): Promise<Result<AppliedPatch> | PatchFailure> {
  const tree = new PatchedTree(read);
  const strip = await chooseStrip(patch, tree);
  if (!strip.ok) return strip;
  const run = new PatchRun(tree, strip.value, patch);
  for (const file of patch.files) {
    const wrong = await run.apply(file);
    if (wrong) return wrong;
  }
  return run.finish();
}

class PatchRun {
  readonly #tree: PatchedTree;
  readonly #strip: number;
  readonly #patch: Patch;
  readonly #outcomes: FileOutcome[] = [];
  readonly #notes: HunkNote[] = [];
  readonly #leftOut = new Set<string>();
  /** Targets of renames and copies: another rename away from such a name does not delete what came there. */
  readonly #written = new Set<string>();
  #exists: Failure | undefined;

  constructor(tree: PatchedTree, strip: number, patch: Patch) {
    this.#tree = tree;
    this.#strip = strip;
    this.#patch = patch;
  }

  /** Applies one file. What cannot be applied is kept for the end, so that all of it can be told; other failures are given back. */
  async apply(file: FilePatch): Promise<Failure | undefined> {
    const paths = this.#paths(file);
    if (!paths.ok) return paths;
    this.#tree.beginMessage(file.message);
    switch (file.kind) {
      case 'create':
        return this.#create(file, paths.value.to);
      case 'rename':
      case 'copy':
        return this.#move(file, paths.value.from, paths.value.to);
      default:
        return this.#modify(file, paths.value);
    }
  }

  finish(): Result<AppliedPatch> | PatchFailure {
    const misfits = describeMisfits(this.#outcomes, this.#leftOut.size);
    if (misfits) return misfits;
    if (this.#exists) return this.#exists;
    const leftOut = [...this.#leftOut];
    if (leftOut.length > 0 && this.#outcomes.length === 0) {
      return failure('file_not_in_kernel', 'This kernel is not built from any file of the patch.', {
        where: leftOut.slice(0, 5).join(', '),
        expected: 'at least one file that the kernel is built from',
        hint: 'Its configuration leaves this driver or architecture out, or the patch is not for the Linux kernel or for another version of it.',
      });
    }
    return success({ files: this.#tree.changes(), notes: this.#notes, leftOut });
  }

  #paths(file: FilePatch): Result<{ from: string; to: string }> {
    const from = treePath(file.oldName, this.#strip, file.line);
    if (!from.ok) return from;
    const to = treePath(file.newName, this.#strip, file.line);
    if (!to.ok) return to;
    // A name too short for the others' prefix is taken as it is; it will not be found.
    return success({ from: from.value ?? file.oldName.path, to: to.value ?? file.newName.path });
  }

  async #create(file: FilePatch, path: string): Promise<Failure | undefined> {
    const now = await this.#tree.text(path);
    if (!now.ok) return now;
    const made = applyHunks('', file.hunks);
    if (now.value === undefined) {
      this.#record(path, file, made);
      this.#tree.write(path, made.text);
    } else if (now.value === made.text) {
      const [hunk] = file.hunks;
      const lines = hunk?.lines.map((line) => line.text) ?? [];
      const misfit = { hunk: 1, applied: true, line: 1, patchLine: hunk?.line ?? file.line, expected: [], found: lines };
      this.#outcomes.push({ path, hunks: 1, misfits: [misfit] });
    } else this.#conflict(path, file.line);
    return undefined;
  }

  async #modify(file: FilePatch, paths: { readonly from: string; readonly to: string }): Promise<Failure | undefined> {
    let path = paths.to;
    let now = await this.#tree.text(path);
    if (now.ok && now.value === undefined && paths.from !== path) {
      // diff -u of a saved copy: the names differ, and one of them is the file's.
      path = paths.from;
      now = await this.#tree.text(path);
    }
    if (!now.ok) return now;
    const [first] = file.hunks;
    if (now.value === undefined) {
      if (file.kind === 'modify' && file.hunks.length === 1 && first?.oldStart === 0 && first.oldCount === 0)
        return this.#create(file, path);
      this.#leftOut.add(path);
      return undefined;
    }
    const patched = applyHunks(now.value, file.hunks);
    this.#record(path, file, patched);
    if (file.kind === 'delete' && patched.text !== '' && file.hunks.length > 0 && patched.misfits.length === 0) {
      return failure('patch_failed', 'The patch deletes a file that has more in it than the patch knows.', {
        where: `${path} (line ${file.line} of the patch)`,
        hint: 'The patch is probably for another kernel version: look for the one that was made for this version.',
      });
    }
    this.#tree.write(path, file.kind === 'delete' ? undefined : patched.text);
    return undefined;
  }

  async #move(file: FilePatch, from: string, to: string): Promise<Failure | undefined> {
    const source = await this.#tree.textAtBegin(from);
    if (!source.ok) return source;
    const target = await this.#tree.text(to);
    if (!target.ok) return target;
    if (source.value === undefined) {
      // The kernel may have it under the new name already; then the hunks tell whether it is the same change.
      if (target.value === undefined) this.#leftOut.add(from);
      else {
        const patched = applyHunks(target.value, file.hunks);
        this.#record(to, file, patched);
        this.#tree.write(to, patched.text);
      }
      return undefined;
    }
    if (target.value !== undefined && !this.#movesAway(to, file.message)) {
      this.#conflict(to, file.line);
      return undefined;
    }
    const patched = applyHunks(source.value, file.hunks);
    this.#record(to, file, patched);
    this.#tree.write(to, patched.text, file.kind === 'rename' ? from : undefined);
    if (file.kind === 'rename' && !this.#written.has(`${file.message} ${from}`)) this.#tree.write(from, undefined);
    this.#written.add(`${file.message} ${to}`);
    return undefined;
  }

  #movesAway(path: string, message: number): boolean {
    return this.#patch.files.some((file) => {
      if (file.message !== message || (file.kind !== 'rename' && file.kind !== 'delete')) return false;
      const from = treePath(file.oldName, this.#strip, file.line);
      return from.ok && from.value === path;
    });
  }

  #record(path: string, file: FilePatch, patched: PatchedText): void {
    this.#outcomes.push({ path, hunks: file.hunks.length, misfits: patched.misfits });
    for (const fit of patched.fits) if (fit.offset !== 0 || fit.fuzz > 0 || fit.lineEnds) this.#notes.push({ path, ...fit });
  }

  #conflict(path: string, line: number): void {
    this.#exists ??= failure('file_exists', 'The patch makes a file that the kernel has already.', {
      where: `${path} (line ${line} of the patch)`,
      hint: 'The patch is probably for another kernel version, or was applied in part.',
    });
  }
}
