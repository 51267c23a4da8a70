import type { Failure } from '../../engine/failure.ts';
import type { ApplyReport, UndoReport } from '../../engine/pipeline/report.ts';
import type { BuildProgress, BuiltChange } from '../../workers/toolchain-types.ts';
import type { TraceRecord } from '../port.ts';
import { isMaking, type HostStep } from '../view/stations.ts';

export type OperationName = 'apply' | 'undo';

/** An apply or an undo: how far it has come and what the core said. */
export interface Operation {
  readonly step?: HostStep;
  readonly records: readonly TraceRecord[];
  readonly updateBytes?: number;
  /** The core's verdict, also when it refused. */
  readonly report?: ApplyReport | UndoReport;
  /** There is no verdict: the operation broke off. */
  readonly failure?: Failure;
}

/** The way from source to update: how far it is, and what came of it. */
export interface Making {
  readonly progress?: BuildProgress;
  readonly built?: BuiltChange;
}

/** How an operation ended other than well. */
export type Ending =
  /** There is no update; the guest has not been touched. */
  | { readonly kind: 'unmade'; readonly failure: Failure }
  | { readonly kind: 'refused'; readonly report: ApplyReport | UndoReport }
  | { readonly kind: 'broken'; readonly failure: Failure };

/** An operation nobody has asked for yet. */
export const NOT_BEGUN: Operation = { records: [] };

/** The ending of an operation, unless it ended well or goes on. */
export function endingOf({ step, report, failure }: Operation): Ending | undefined {
  if (failure) return { kind: isMaking(step) ? 'unmade' : 'broken', failure };
  return report && report.abortCause !== 'ok' ? { kind: 'refused', report } : undefined;
}
