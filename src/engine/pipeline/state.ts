import type { Failure } from '../failure.ts';
import type { TraceRecord } from '../guest/trace.ts';

/** Where a session stands. `applied` lists the updates in force, oldest first. */
export type SessionState =
  | { readonly name: 'opening'; readonly step: OpeningStep }
  | { readonly name: 'ready'; readonly applied: readonly string[] }
  | { readonly name: 'applying'; readonly id: string; readonly step: ApplyStep; readonly applied: readonly string[] }
  | { readonly name: 'undoing'; readonly id: string; readonly step: UndoStep; readonly applied: readonly string[] }
  | { readonly name: 'resetting' }
  /** The guest died and could not be brought back; only `reset` and `close` work. */
  | { readonly name: 'lost'; readonly failure: Failure }
  | { readonly name: 'closed' };

export type OpeningStep = 'machine' | 'guest';
/** send: modules into the guest; load: insmod; splice: the core at work; unload: modules no longer needed; recover: after a failure. */
export type ApplyStep = 'send' | 'load' | 'splice' | 'unload' | 'recover';
export type UndoStep = 'splice' | 'unload' | 'recover';

/** What a session tells while it works. */
export type SessionEvent =
  | { readonly type: 'state'; readonly state: SessionState }
  | { readonly type: 'trace'; readonly id: string; readonly record: TraceRecord };
