import type { SessionState } from '../engine/pipeline/state.ts';
import type { LoadProgress, Timing } from '../workers/toolchain-types.ts';

/* What the workers do, on the browser's own timeline: its performance tools show it, and the benchmarks read it from there. */

/** Puts a state of the session on the timeline: `hotsplice applying send`. */
export function markState(state: SessionState): void {
  performance.mark(['hotsplice', state.name, ...('step' in state ? [state.step] : [])].join(' '));
}

/** Puts the end of a build on the timeline, with its parts. */
export function markBuild(timings: readonly Timing[]): void {
  performance.mark('hotsplice built', { detail: timings });
}

/** Puts the trials of the compiler on the timeline; `hotsplice warm` when it is as fast as it gets. */
export function markTrial({ step, received, total }: LoadProgress): void {
  if (step === 'trial') performance.mark(received === total ? 'hotsplice warm' : 'hotsplice trial');
}
