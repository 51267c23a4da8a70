import type { BuildProgress } from '../../workers/toolchain-types.ts';
import type { Ending } from '../state/operation.ts';
import { bytes, count, plural } from '../view/words.ts';
import { about, LOADS } from './words.ts';
import type { Workspace } from './workspace.svelte.ts';

/** One sentence on where an edit stands and what comes next. */
export function editSituation(workspace: Workspace): string {
  const { run, build, machine, files } = workspace;
  if (build.question) return 'This change needs a large build. Shall it begin?';
  if (run.conflict) return 'A lesson’s update is in the way.';
  if (build.working) return progressOf(build.making.progress).words;
  if (machine.phase.kind === 'failed') return 'The machine has stopped. Start it again in the terminal.';
  if (!machine.live) return 'Waiting for the machine.';
  if (run.busy === 'check') return 'The command runs in the guest.';
  if (run.busy === 'undo') return 'The update is being undone.';
  if (run.busy === 'apply') {
    if (run.operation.step === 'done') return 'The command runs in the guest.';
    return run.applied ? 'What is in force is undone first.' : 'The update is being applied.';
  }
  if (run.ending && run.tried === files.revision) return endingWords(run.ending);
  if (run.inForce) {
    if (run.inForce.revision === files.revision) return 'The new code runs.';
    return `“${run.inForce.name}” runs; the text is another now. A splice takes its place.`;
  }
  if (files.changes.length === 0) return 'Change something, then compile and splice.';
  return run.undone ? 'Undone. The old code runs again.' : `${plural(files.changes.length, 'file')} changed.`;
}

function endingWords(ending: Ending): string {
  const words = {
    unmade: 'No update was made. The guest is untouched.',
    broken: 'Broken off. The guest is as it was before.',
    refused: 'Refused. Nothing was written.',
  };
  return words[ending.kind];
}

/** How far a build is: words, and a share of the whole from 0 to 1. */
export function progressOf(progress: BuildProgress | undefined): { readonly words: string; readonly share: number } {
  switch (progress?.stage) {
    case 'load': {
      const { step, received, total } = progress.load;
      const numbers = total > 0 ? `: ${bytes(received)} of ${bytes(total)}` : '';
      return { words: `${LOADS[step]}${numbers}.`, share: total > 0 ? received / total : 0 };
    }
    case 'compile': {
      const { unit, done, total, secondsLeft } = progress.unit;
      const words = `Compiling ${unit.replace(/\.o$/, '')}: ${count(done)} of ${plural(total, 'unit')} done, ${about(secondsLeft)} left.`;
      return { words, share: total > 0 ? done / total : 0 };
    }
    case 'compare':
      return { words: 'Comparing the objects before and after.', share: 1 };
    case 'pack':
      return { words: 'Writing the update.', share: 1 };
    case undefined:
      return { words: 'Looking up which units read the changed files.', share: 0 };
  }
}
