import type { SessionState } from '../../engine/pipeline/state.ts';
import type { Making } from '../state/operation.ts';
import type { OperationView } from './trace-view.ts';
import { bytes, count, duration, plural } from './words.ts';

export type StationState = 'waiting' | 'running' | 'done' | 'refused';
export type StationId =
  'compile' | 'compare' | 'build' | 'upload' | 'load' | 'match' | 'stop' | 'splice' | 'applied' | 'check' | 'restore' | 'undone';

/** One stop on the line of stages: its state, and one short value the core or the host measured. */
export interface Station {
  readonly id: StationId;
  readonly name: string;
  readonly state: StationState;
  readonly value: string;
  /** A sentence for screen readers and for the caption. */
  readonly sentence: string;
}

/** What the host does around the core's work. `core`: the core is at work, its trace says on what. */
export type HostStep = MakingStep | 'upload' | 'load' | 'core' | 'unload' | 'done';

/** The way from source to update, for updates that have to be made first. */
export type MakingStep = 'compile' | 'compare' | 'build';

export interface StationInput {
  readonly operation: 'apply' | 'undo';
  readonly step?: HostStep;
  readonly core: OperationView;
  /** Of an update that is made from source; nothing if it is made from objects at hand. */
  readonly making?: Making | undefined;
  readonly updateBytes?: number;
  /** The abort cause or failure that ended the operation, if it did not end well. */
  readonly ended?: string;
}

/** The step that a state of the session stands for; nothing for states that are no part of an operation. */
export function hostStep(state: SessionState): HostStep | undefined {
  if (state.name !== 'applying' && state.name !== 'undoing') return undefined;
  const steps = { send: 'upload', load: 'load', splice: 'core', unload: 'unload', recover: undefined } as const;
  return steps[state.step];
}

/** Whether an operation that is at this step has not come to the guest yet. */
export function isMaking(step: HostStep | undefined): step is MakingStep {
  return step === 'compile' || step === 'compare' || step === 'build';
}

const APPLY: readonly StationId[] = ['upload', 'load', 'match', 'stop', 'splice', 'applied'];
/** What an edit goes through. The tarball is built here, so its upload is part of loading it. */
const MAKE: readonly StationId[] = ['compile', 'compare', 'build', 'load', 'match', 'stop', 'splice', 'applied'];
const UNDO: readonly StationId[] = ['check', 'stop', 'restore', 'undone'];

const NAMES: Record<StationId, string> = {
  compile: 'Compile',
  compare: 'Compare',
  build: 'Build',
  upload: 'Upload',
  load: 'Load',
  match: 'Match',
  stop: 'Stop',
  splice: 'Splice',
  applied: 'Applied',
  check: 'Check',
  restore: 'Restore',
  undone: 'Undone',
};

/** Which station the operation has reached; -1 before it begins, past the end when it is complete. */
function reached(input: StationInput, order: readonly StationId[]): number {
  const { step, core } = input;
  if (!step) return -1;
  if (isMaking(step)) return order.indexOf(step);
  if (step === 'upload' && order.includes('upload')) return 0;
  if (step === 'upload' || step === 'load') return order.indexOf('load');
  const lastTry = core.tries.at(-1);
  const finished = core.result === 'ok' && (step === 'done' || step === 'unload');
  if (finished) return step === 'done' ? order.length : order.length - 1;
  if (core.splices.length > 0) return order.indexOf(input.operation === 'apply' ? 'splice' : 'restore');
  if (lastTry) return order.indexOf('stop');
  if (input.ended && core.sections.length === 0 && core.failedCandidates.length === 0)
    return order.indexOf(input.operation === 'apply' ? 'load' : 'check');
  return input.operation === 'apply' ? order.indexOf('match') : 0;
}

/** The stations of an operation, lit as far as the core and the host have reported. */
export function stations(input: StationInput): readonly Station[] {
  const order = input.operation === 'undo' ? UNDO : input.making ? MAKE : APPLY;
  const at = reached(input, order);
  return order.map((id, index) => {
    const state: StationState =
      index < at ? 'done' : index > at ? 'waiting' : input.ended ? 'refused' : at < 0 ? 'waiting' : 'running';
    const value = state === 'waiting' ? '' : valueOf(id, input);
    return { id, name: NAMES[id], state, value, sentence: `${NAMES[id]}: ${wordFor(state)}${value ? `, ${value}` : ''}.` };
  });
}

function wordFor(state: StationState): string {
  return { waiting: 'not yet', running: 'under way', done: 'done', refused: 'refused' }[state];
}

function valueOf(id: StationId, input: StationInput): string {
  const { core } = input;
  const last = core.tries.at(-1);
  switch (id) {
    case 'compile':
      return input.making ? compiled(input.making) : '';
    case 'compare':
      return input.making?.built ? plural(functionsOf(input.making.built), 'function') : '';
    case 'build':
      return input.making?.built ? bytes(input.making.built.tarball.length) : '';
    case 'upload':
      return input.updateBytes === undefined ? '' : bytes(input.updateBytes);
    case 'load':
      return 'new, old';
    case 'match':
    case 'check':
      if (id === 'check') return last ? plural(last.threadCount ?? last.threads.length, 'thread') : '';
      return plural(core.totals?.sections ?? core.sections.length, 'section');
    case 'stop':
      if (last?.nanoseconds === undefined) return last ? `try ${count(last.number)}` : '';
      return input.ended === 'code_busy' ? plural(core.tries.length, 'try', 'tries') : duration(last.nanoseconds);
    case 'splice':
    case 'restore':
      return plural(core.splices.length, 'function');
    case 'applied':
    case 'undone':
      return core.nanoseconds === undefined ? '' : `in ${duration(core.nanoseconds)}`;
  }
}

function compiled({ progress, built }: Making): string {
  if (built) return plural(built.units.length + built.same.length, 'unit');
  return progress?.stage === 'compile' ? `${count(progress.unit.done)} of ${count(progress.unit.total)}` : '';
}

function functionsOf(built: NonNullable<Making['built']>): number {
  return built.changes.reduce((sum, unit) => sum + unit.functions.length, 0);
}
