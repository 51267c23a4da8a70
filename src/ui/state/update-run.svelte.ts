import { success, type Failure, type Result } from '../../engine/failure.ts';
import type { ApplyReport, UndoReport } from '../../engine/pipeline/report.ts';
import type { MachinePort } from '../port.ts';
import { hostStep, stations, type Station } from '../view/stations.ts';
import { viewOperation, type OperationView } from '../view/trace-view.ts';
import { asExpected, type CheckRun, type CheckTime, type GuestCommand } from './check.ts';
import type { Machine } from './machine.svelte.ts';
import { endingOf, NOT_BEGUN, type Ending, type Making, type Operation, type OperationName } from './operation.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

export type Busy = 'check' | OperationName;

/** One update's dealings with the guest: a command run before and after, its apply, its undo. Lessons and edits share it. */
export abstract class UpdateRun {
  protected readonly machine: Machine;
  readonly #expectedRefusal: string | undefined;
  #checks = $state.raw<Partial<Record<CheckTime, CheckRun>>>({});
  #operations = $state.raw<Record<OperationName, Operation>>({ apply: NOT_BEGUN, undo: NOT_BEGUN });
  #shown = $state.raw<OperationName>('apply');
  #applied = $state.raw<string | undefined>(undefined);
  #busy = $state.raw<Busy | undefined>(undefined);
  #trouble = $state.raw<Failure | undefined>(undefined);
  #view = $derived<OperationView>(viewOperation(this.#operations[this.#shown].records));

  /** `expectedRefusal`: the abort cause that is to be shown, if the core must refuse this update. */
  constructor(machine: Machine, expectedRefusal?: string) {
    this.machine = machine;
    this.#expectedRefusal = expectedRefusal;
  }

  /** Id of the update that the shown operation is about. */
  abstract get id(): string;

  /** How the update is made from source; nothing if its objects are at hand. */
  abstract get making(): Making | undefined;

  /** Runs the command once, for the time the guest is at. */
  abstract check(): Promise<void>;

  abstract apply(): Promise<void>;

  abstract undo(): Promise<void>;

  get checks(): Partial<Record<CheckTime, CheckRun>> {
    return this.#checks;
  }

  get applied(): boolean {
    return this.#applied !== undefined;
  }

  /** Id of the update in force. */
  get appliedId(): string | undefined {
    return this.#applied;
  }

  get busy(): Busy | undefined {
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

  get applyEnding(): Ending | undefined {
    return endingOf(this.#operations.apply);
  }

  get undoBegun(): boolean {
    return this.#operations.undo.step !== undefined;
  }

  get undone(): boolean {
    return this.#operations.undo.report?.abortCause === 'ok';
  }

  /** The core refused, and that is what was to be shown. */
  get refusedAsExpected(): boolean {
    const cause = this.#operations.apply.report?.abortCause;
    return cause !== undefined && cause === this.#expectedRefusal;
  }

  get stations(): readonly Station[] {
    const { step, updateBytes } = this.operation;
    const ending = this.ending;
    return stations({
      operation: this.#shown,
      step,
      core: this.#view,
      making: this.#shown === 'apply' ? this.making : undefined,
      updateBytes,
      ended: ending?.kind === 'refused' ? ending.report.abortCause : ending?.failure.code,
    });
  }

  /** What the next run of the command will be compared with. */
  get checkTime(): CheckTime {
    if (this.applied) return 'after';
    return this.undone ? 'undone' : 'before';
  }

  show(name: OperationName): void {
    this.#shown = name;
  }

  dismissTrouble(): void {
    this.#trouble = undefined;
  }

  /** Both operations as they stand; to be put back when a person takes back what they began. */
  protected get operations(): Record<OperationName, Operation> {
    return this.#operations;
  }

  protected set operations(operations: Record<OperationName, Operation>) {
    this.#operations = operations;
  }

  /** One thing at a time. What fails and is no verdict is the run's trouble. */
  protected async occupied(what: Busy, work: (port: MachinePort) => Promise<Result<void>>): Promise<void> {
    const port = this.machine.port;
    if (this.#busy || !port.ok) {
      if (!port.ok) this.#trouble = port;
      return;
    }
    this.#busy = what;
    this.#trouble = undefined;
    const done = await work(port.value);
    this.#busy = undefined;
    if (!done.ok) this.#trouble = done;
  }

  /** Runs a command in the guest and keeps its output under the time it was run at. */
  protected async runCommand(port: MachinePort, command: GuestCommand): Promise<Result<void>> {
    const time = this.checkTime;
    const reply = await port.exec(command.command, command.user, command.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    if (!reply.ok) return reply;
    const { status, stdout, stderr } = reply.value;
    const expectation = time === 'after' ? command.after : command.before;
    const run: CheckRun = {
      status,
      output: `${stdout}${stderr}`.trimEnd(),
      asExpected: expectation && asExpected(expectation, status, stdout),
    };
    this.#checks = { ...this.#checks, [time]: run };
    return success(undefined);
  }

  /** A new apply; the stages show it from its first step on. */
  protected beginApply(step: NonNullable<Operation['step']>): void {
    this.#operations = { apply: { step, records: [] }, undo: NOT_BEGUN };
    this.#shown = 'apply';
  }

  protected keepChecks(times: readonly CheckTime[]): void {
    this.#checks = Object.fromEntries(Object.entries(this.#checks).filter(([time]) => times.some((kept) => kept === time)));
  }

  /** How far the making of the update has come, or why there is none. */
  protected setApply(part: Partial<Operation>): void {
    this.#set('apply', part);
  }

  /** Sends the update and has the core act; the stages follow. */
  protected async splice(port: MachinePort, id: string, tarball: Uint8Array): Promise<void> {
    this.#set('apply', { step: 'upload', updateBytes: tarball.length });
    this.keepChecks(['before']);
    const verdict = await this.#followed('apply', () => port.apply(tarball));
    if (verdict.ok && verdict.value.abortCause === 'ok') this.#applied = id;
  }

  /** Has the core put back what it replaced. */
  protected async unsplice(port: MachinePort): Promise<void> {
    const id = this.#applied;
    if (id === undefined) return;
    this.#set('undo', { ...NOT_BEGUN, step: 'core', report: undefined, failure: undefined });
    const verdict = await this.#followed('undo', () => port.undo(id));
    if (verdict.ok && verdict.value.abortCause === 'ok') this.#applied = undefined;
  }

  async #followed<R extends ApplyReport | UndoReport>(name: OperationName, act: () => Promise<Result<R>>): Promise<Result<R>> {
    this.machine.follow({
      state: (state) => {
        const step = hostStep(state);
        if (step) this.#set(name, { step });
      },
      trace: (records) => this.#set(name, { records: [...this.#operations[name].records, ...records] }),
    });
    const result = await act();
    this.machine.follow(undefined);
    this.#set(
      name,
      result.ok ? { step: 'done', report: result.value, records: result.value.trace } : { step: 'done', failure: result },
    );
    return result;
  }

  #set(name: OperationName, part: Partial<Operation>): void {
    this.#operations = { ...this.#operations, [name]: { ...this.#operations[name], ...part } };
  }
}
