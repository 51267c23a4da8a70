import type { FailedCandidate, OperationView } from './trace-view.ts';

/** The failed candidate to show for a `no_match`: of a section that stayed unmatched, and code before data. */
export function nearestCandidate(core: OperationView): FailedCandidate | undefined {
  const open = core.failedCandidates.filter((candidate) => core.unmatched.includes(candidate.label));
  const rank = (candidate: FailedCandidate) => (candidate.why === 'bytes' ? 0 : 1) + (candidate.label.startsWith('.') ? 2 : 0);
  return [...(open.length > 0 ? open : core.failedCandidates)].sort((a, b) => rank(a) - rank(b))[0];
}
