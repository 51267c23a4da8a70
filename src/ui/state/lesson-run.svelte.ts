import { success, type Failure, type Result } from '../../engine/failure.ts';
import type { ApplyReport, UndoReport } from '../../engine/pipeline/report.ts';
import type { SessionState } from '../../engine/pipeline/state.ts';
import type { Lesson } from '../lesson/lesson.ts';
import type { MachinePort } from '../port.ts';
import { hostStep, stations, type Station } from '../view/stations.ts';
import { viewOperation, type OperationView } from '../view/trace-view.ts';
import { asExpected, type CheckRun, type CheckTime } from './check.ts';
import type { Machine } from './machine.svelte.ts';
import { endingOf, NOT_BEGUN, type Ending, type Operation, type OperationName } from './operation.ts';
import type { UpdateBuild } from './update-build.svelte.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

/** One lesson's dealings with the guest: its check, its apply, its undo. */
export class LessonRun {
  readonly lesson: Lesson;
  #machine: Machine;
  #build: UpdateBuild;
  #checks = $state.raw<Partial<Record<CheckTime, CheckRun>>>({});
  #operations = $state.raw<Record<OperationName, Operation>>({ apply: NOT_BEGUN, undo: NOT_BEGUN });
  #shown = $state.raw<OperationName>('apply');
  #applied = $state.raw(false);
  #busy = $state.raw<'check' | OperationName | undefined>(undefined);
  #trouble = $state.raw<Failure | undefined>(undefined);
  #prepared = -1;
  #view = $derived<OperationView>(viewOperation(this.#operations[this.#shown].records));

  constructor(build: UpdateBuild, machine: Machine) {
    this.lesson = build.lesson;
    this.#machine = machine;
    this.#build = build;
  }

  get checks(): Partial<Record<CheckTime, CheckRun>> {
    return this.#checks;
  }

  get build(): UpdateBuild {
    return this.#build;
  }

  get applied(): boolean {
    return this.#applied;
  }

  get busy(): 'check' | OperationName | undefined {
    return this.#busy;
  }

  /** A failure that is not the core's verdict: the guest, the worker, a program of the lesson. */
  get trouble(): Failure | undefined {
    return this.#trouble;
  }

  /** Which operation the stages show. */
  get shown(): OperationName {
    return this.#shown;
  }

  get core(): OperationView {
    return this.#view;
  }

  get operation(): Operation {
    return this.#operations[this.#shown];
  }

  /** How the shown operation ended, unless it ended well or goes on. */
  get ending(): Ending | undefined {
    return endingOf(this.operation);
  }

  get undoBegun(): boolean {
    return this.#operations.undo.step !== undefined;
  }

  /** The core's refusal, if the lesson is one that must be refused and was. */
  get refusedAsExpected(): boolean {
    const { expects } = this.lesson;
    return typeof expects === 'object' && this.#operations.apply.report?.abortCause === expects.refused;
  }

  get stations(): readonly Station[] {
    const operation = this.operation;
    return stations({
      operation: this.#shown,
      step: operation.step,
      core: this.#view,
      updateBytes: operation.updateBytes,
      ended: this.ending?.kind === 'refused' ? this.ending.report.abortCause : this.ending?.failure.code,
    });
  }

  /** What the next run of the check will be compared with. */
  get checkTime(): CheckTime {
    if (this.#applied) return 'after';
    return this.#operations.undo.report?.abortCause === 'ok' ? 'undone' : 'before';
  }

  /** The step that comes next in the lesson's usual course. */
  get next(): 'check' | 'apply' | 'undo' | undefined {
    const refused = endingOf(this.#operations.apply) !== undefined;
    if (!this.#checks[this.checkTime]) return refused && this.#checks.before ? undefined : 'check';
    if (this.#applied) return 'undo';
    return this.checkTime === 'undone' || refused ? undefined : 'apply';
  }

  show(name: OperationName): void {
    this.#shown = name;
  }

  dismissTrouble(): void {
    this.#trouble = undefined;
  }

  /** Runs the lesson's check and keeps its output under the time it was run at. */
  async check(): Promise<void> {
    await this.#occupied('check', async (port) => {
      const prepared = await this.#prepare(port);
      if (!prepared.ok) return prepared;
      const time = this.checkTime;
      const { check } = this.lesson;
      const reply = await port.exec(check.command, check.user, check.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      if (!reply.ok) return reply;
      const { status, stdout, stderr } = reply.value;
      const expectation = time === 'after' ? check.after : check.before;
      const run = { status, output: `${stdout}${stderr}`.trimEnd(), asExpected: asExpected(expectation, status, stdout) };
      this.#checks = { ...this.#checks, [time]: run };
      return success(undefined);
    });
  }

  async apply(): Promise<void> {
    if (this.#applied) return;
    await this.#occupied('apply', async (port) => {
      this.#set('apply', { step: 'upload', records: [] });
      this.#set('undo', NOT_BEGUN);
      const { before } = this.#checks;
      this.#checks = before ? { before } : {};
      this.#shown = 'apply';
      const built = await this.#build.tarball(this.#machine);
      if (!built.ok) return this.#end('apply', built);
      this.#set('apply', { updateBytes: built.value.length });
      return this.#end('apply', await port.apply(built.value));
    });
  }

  async undo(): Promise<void> {
    if (!this.#applied) return;
    await this.#occupied('undo', async (port) => {
      this.#set('undo', { step: 'core', records: [] });
      this.#shown = 'undo';
      return this.#end('undo', await port.undo(this.#build.id));
    });
  }

  #set(name: OperationName, part: Partial<Operation>): void {
    this.#operations = { ...this.#operations, [name]: { ...this.#operations[name], ...part } };
  }

  #end(name: OperationName, result: Result<ApplyReport | UndoReport>): Result<void> {
    this.#set(
      name,
      result.ok ? { step: 'done', report: result.value, records: result.value.trace } : { step: 'done', failure: result },
    );
    if (result.ok && result.value.abortCause === 'ok') this.#applied = name === 'apply';
    return success(undefined);
  }

  /** One thing at a time; the core's trace goes to this lesson while it lasts. */
  async #occupied(what: 'check' | OperationName, work: (port: MachinePort) => Promise<Result<void>>): Promise<void> {
    const port = this.#machine.port;
    if (this.#busy || !port.ok) {
      if (!port.ok) this.#trouble = port;
      return;
    }
    this.#busy = what;
    this.#trouble = undefined;
    if (what !== 'check') {
      this.#machine.follow({
        state: (state: SessionState) => {
          const step = hostStep(state);
          if (step) this.#set(what, { step });
        },
        trace: (records) => this.#set(what, { records: [...this.#operations[what].records, ...records] }),
      });
    }
    const done = await work(port.value);
    this.#machine.follow(undefined);
    this.#busy = undefined;
    if (!done.ok) this.#trouble = done;
  }

  /** Puts the lesson's programs into the guest, once in each life of it. */
  async #prepare(port: MachinePort): Promise<Result<void>> {
    if (this.#prepared === this.#machine.generation) return success(undefined);
    for (const program of this.lesson.programs) {
      const bytes = await program.load();
      if (!bytes.ok) return bytes;
      const written = await port.writeFile(program.guestPath, bytes.value, program.mode);
      if (!written.ok) return written;
    }
    this.#prepared = this.#machine.generation;
    return success(undefined);
  }
}
