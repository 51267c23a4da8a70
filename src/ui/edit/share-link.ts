import { failure, type Result } from '../../engine/failure.ts';
import { packPatch } from './share.ts';
import type { Workspace } from './workspace.svelte.ts';

/** The link to the draft as it is now. */
export async function shareLink(workspace: Workspace): Promise<Result<string>> {
  const { changes } = workspace.files;
  if (changes.length === 0)
    return failure('nothing_changed', 'Nothing is changed, so there is nothing to share.', {
      hint: 'Change something. To point at a line, copy the address of the page.',
    });
  const patch = await workspace.toolchain.port.diff(changes);
  if (!patch.ok) return patch;
  const packed = await packPatch(patch.value);
  if (!packed.ok) return packed;
  return { ok: true, value: `${location.href.replace(/#.*$/, '')}#/edit?p=${packed.value}` };
}
