import type { Machine } from '../state/machine.svelte.ts';
import type { LessonRun } from '../state/lesson-run.svelte.ts';

/** One sentence on where a lesson stands and what comes next. */
export function situation(run: LessonRun, machine: Machine): string {
  if (machine.phase.kind === 'failed') return 'The machine has stopped. Start it again in the terminal.';
  if (!machine.live) return 'Waiting for the machine.';
  if (run.busy === 'check') return 'The check runs in the guest.';
  if (run.busy === 'apply') return 'The update is being applied.';
  if (run.busy === 'undo') return 'The update is being undone.';
  if (run.refusedAsExpected) return 'Refused, as it must be. Nothing was written.';
  if (run.ending?.kind === 'broken') return 'Broken off. The guest is as it was before.';
  if (run.ending) return 'Refused. Nothing was written.';
  if (run.applied) return run.checks.after ? 'The new code runs.' : 'Applied. Run the check again.';
  if (run.checkTime === 'undone')
    return run.checks.undone ? 'Undone. The old code runs again.' : 'Undone. Run the check once more.';
  return run.checks.before ? 'The old code runs.' : 'First see how it is now.';
}
