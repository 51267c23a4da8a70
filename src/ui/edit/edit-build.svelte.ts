import { failure, success, type Success } from '../../engine/failure.ts';
import type {
  BuildFailure,
  BuildProgress,
  BuiltChange,
  Diagnostic,
  FileChange,
  Plan,
  UnitProgress,
} from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';
import type { Making } from '../state/operation.ts';
import type { BuildPhase } from '../state/update-build.svelte.ts';
import type { MakingStep } from '../view/stations.ts';
import { Throttle } from './throttle.ts';
import { updateId } from './update-id.ts';

/** What is built: the change, and what to call it. */
export interface BuildInput {
  readonly changes: readonly FileChange[];
  readonly revision: number;
  readonly name: string;
}

type UnitStates = Readonly<Record<string, UnitProgress['state']>>;

const NOTHING_SHOWN: { readonly making: Making; readonly units: UnitStates } = { making: {}, units: {} };

/** A build that takes longer, or has more units, is begun only when a person has agreed. */
const ASK_SECONDS = 30;
const ASK_UNITS = 20;

const STEPS: Readonly<Record<BuildProgress['stage'], MakingStep>> = {
  load: 'compile',
  compile: 'compile',
  compare: 'compare',
  pack: 'build',
};

/** Makes updates from the draft's text; keeps the last one. */
export class EditBuild {
  #port: ToolchainPort;
  #making = $state.raw<Making>({});
  #units = $state.raw<UnitStates>({});
  #working = $state.raw(false);
  #milliseconds = $state.raw(0);
  #question = $state.raw<{ readonly plan: Plan; readonly answer: (agreed: boolean) => void } | undefined>(undefined);
  #made: { readonly revision: number; readonly built: BuiltChange } | undefined;
  /** What is shown again when a build is cancelled. */
  #before: { readonly making: Making; readonly units: UnitStates } = NOTHING_SHOWN;
  #cancelled = false;
  #count = 0;
  #onDiagnostics: (diagnostics: readonly Diagnostic[]) => void;

  constructor(port: ToolchainPort, onDiagnostics: (diagnostics: readonly Diagnostic[]) => void) {
    this.#port = port;
    this.#onDiagnostics = onDiagnostics;
  }

  get making(): Making {
    return this.#making;
  }

  /** The same as the view of changes takes it. */
  get phase(): BuildPhase {
    const { built } = this.#making;
    if (built) return { kind: 'built', update: built, milliseconds: this.#milliseconds };
    return this.#working && this.#making.progress?.stage === 'compare' ? { kind: 'building' } : { kind: 'idle' };
  }

  /** The units of the build under way or of the last one, by object. */
  get units(): UnitStates {
    return this.#units;
  }

  get working(): boolean {
    return this.#working;
  }

  /** A large build waits for an answer. */
  get question(): { readonly plan: Plan; readonly answer: (agreed: boolean) => void } | undefined {
    return this.#question;
  }

  /** The update of exactly this text: made now, unless it has been. `cancelled` if a person wanted it so, `busy` while another is made. */
  async make(input: BuildInput, onStep: (step: MakingStep) => void): Promise<Success<BuiltChange> | BuildFailure> {
    if (this.#working) return BUSY;
    if (this.#made?.revision === input.revision) {
      this.#making = { built: this.#made.built };
      return success(this.#made.built);
    }
    this.#before = { making: this.#making, units: this.#units };
    this.#cancelled = false;
    this.#working = true;
    const built = await this.#build(input, onStep);
    this.#working = false;
    if (built.ok) {
      this.#made = { revision: input.revision, built: built.value };
      this.#making = { built: built.value };
      this.#onDiagnostics(built.value.diagnostics);
    } else if (built.code === 'cancelled') {
      this.#making = this.#before.making;
      this.#units = this.#before.units;
    } else {
      this.#onDiagnostics(built.diagnostics ?? []);
    }
    return built;
  }

  /** Ends what is under way at once: the question, or the build. */
  cancel(): void {
    if (!this.#working) return;
    this.#cancelled = true;
    if (this.#question) this.#question.answer(false);
    else this.#port.cancel();
  }

  /** Another draft: what was built of the old one says nothing of it. What is under way ends. */
  forget(): void {
    this.cancel();
    this.#before = NOTHING_SHOWN;
    this.#making = NOTHING_SHOWN.making;
    this.#units = NOTHING_SHOWN.units;
  }

  async #build(input: BuildInput, onStep: (step: MakingStep) => void): Promise<Success<BuiltChange> | BuildFailure> {
    if (input.changes.length === 0) return NOTHING_CHANGED;
    const plan = await this.#port.plan(input.changes);
    if (this.#cancelled) return CANCELLED;
    if (!plan.ok) return plan;
    if (!(await this.#agreed(plan.value))) return CANCELLED;
    this.#making = {};
    this.#units = {};
    this.#count += 1;
    const began = performance.now();
    const options = { id: updateId(input.name, this.#count), description: input.name };
    const shown = new Throttle<BuildProgress>((news) => {
      const last = news.at(-1);
      if (!last) return;
      this.#making = { progress: last };
      this.#units = { ...this.#units, ...statesOf(news) };
      onStep(STEPS[last.stage]);
    });
    let ended = false;
    const built = await this.#port.build(input.changes, options, (progress) => {
      // A cancelled build ends here before its workers have heard of it: what they say until then is of no interest.
      if (!ended) shown.add(progress);
    });
    ended = true;
    shown.flush();
    this.#milliseconds = performance.now() - began;
    return this.#cancelled ? CANCELLED : built;
  }

  async #agreed(plan: Plan): Promise<boolean> {
    if (plan.units.length <= ASK_UNITS && plan.seconds <= ASK_SECONDS) return true;
    const agreed = await new Promise<boolean>((answer) => (this.#question = { plan, answer }));
    this.#question = undefined;
    return agreed;
  }
}

function statesOf(news: readonly BuildProgress[]): UnitStates {
  return Object.fromEntries(news.flatMap((news) => (news.stage === 'compile' ? [[news.unit.unit, news.unit.state]] : [])));
}

const CANCELLED = failure('cancelled', 'The build was cancelled.');

const BUSY = failure('busy', 'A build is under way.', { hint: 'Wait for it, or cancel it.' });

const NOTHING_CHANGED = failure('nothing_changed', 'Nothing is changed, so there is nothing to compile.', {
  hint: 'Open a function (Ctrl+P) and change it.',
});
