import { failure, success, type Result } from '../../engine/failure.ts';
import type { FileChange } from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';
import { OpenFile } from './open-file.svelte.ts';
import { restoreEdit, type StoredDraft, type StoredFile } from './stored-draft.ts';

/** A draft's files, ready for the editor. */
export interface LoadedFiles {
  readonly files: readonly OpenFile[];
  readonly deleted: readonly string[];
}

/** The files of an applied patch. */
export async function filesOfPatch(changes: readonly FileChange[], port: ToolchainPort): Promise<Result<LoadedFiles>> {
  const files: OpenFile[] = [];
  for (const { path, text, renamedFrom } of changes) {
    if (text === null) continue;
    const original = await originalOf(renamedFrom ?? path, port);
    if (!original.ok) return original;
    const file = new OpenFile(path, original.value, text, renamedFrom);
    file.line = firstDifference(original.value ?? '', text);
    files.push(file);
  }
  return success({ files, deleted: changes.flatMap(({ path, text }) => (text === null ? [path] : [])) });
}

/** The line on which a change begins. */
function firstDifference(before: string, after: string): number {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  return at < 0 ? now.length : at + 1;
}

/** The text of a file in the running kernel; nothing if it has none. */
async function originalOf(path: string, port: ToolchainPort): Promise<Result<string | undefined>> {
  const text = await port.read(path);
  return text.ok || text.code !== NOT_THERE ? text : success(undefined);
}

const NOT_THERE = 'unknown_file';

/** The files of a stored draft; with sources other than those it was made from, its patch is applied to them. */
export async function filesOfStored(draft: StoredDraft, port: ToolchainPort): Promise<Result<LoadedFiles>> {
  const files: OpenFile[] = [];
  for (const stored of draft.files) {
    if (stored.kind === 'deleted') continue;
    const file = await restored(stored, port);
    if (!file.ok) return file;
    if (!file.value) return fromPatch(draft, port);
    files.push(file.value);
  }
  const lines = new Map(draft.tabs.map(({ path, line }) => [path, line]));
  for (const { path } of draft.tabs) {
    if (files.some((file) => file.path === path)) continue;
    const text = await originalOf(path, port);
    if (!text.ok) return text;
    if (text.value !== undefined) files.push(new OpenFile(path, text.value));
  }
  for (const file of files) file.line = lines.get(file.path) ?? 1;
  return success({ files, deleted: draft.files.flatMap((file) => (file.kind === 'deleted' ? [file.path] : [])) });
}

async function restored(
  stored: Exclude<StoredFile, { kind: 'deleted' }>,
  port: ToolchainPort,
): Promise<Result<OpenFile | undefined>> {
  if (stored.kind === 'new') {
    const original = stored.renamedFrom === undefined ? success(undefined) : await originalOf(stored.renamedFrom, port);
    return original.ok ? success(new OpenFile(stored.path, original.value, stored.text, stored.renamedFrom)) : original;
  }
  const original = await originalOf(stored.path, port);
  if (!original.ok) return original;
  if (original.value === undefined) return success(undefined);
  const text = restoreEdit(stored, original.value);
  return success(text === undefined ? undefined : new OpenFile(stored.path, original.value, text));
}

async function fromPatch(draft: StoredDraft, port: ToolchainPort): Promise<Result<LoadedFiles>> {
  const applied = await port.applyPatch(draft.patch);
  if (applied.ok) return filesOfPatch(applied.value.files, port);
  return failure(
    'draft_of_other_source',
    'This draft was made for another version of the source, and does not apply to this one.',
    {
      where: applied.where,
      expected: applied.expected,
      found: applied.found,
      hint: 'The draft is kept. Save its patch in the list of drafts and adapt it.',
    },
  );
}
