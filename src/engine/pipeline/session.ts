import { failure, success, type Failure, type Result } from '../failure.ts';
import { Guest } from '../guest/guest.ts';
import { TraceReader, type TracePosition, type TraceRecord } from '../guest/trace.ts';
import type { Machine } from '../machine/machine.ts';
import type { WasmSource } from '../machine/wasm.ts';
import { readUpdate } from '../update/read.ts';
import { openMachine, type BootFrom } from './boot.ts';
import { GuestCore, type UpdateModules, type Verdict } from './core.ts';
import type { KernelPack } from './pack.ts';
import { applyReport, stopInstructions, undoReport, type ApplyReport, type Observed, type UndoReport } from './report.ts';
import type { OpeningStep, SessionEvent, SessionState } from './state.ts';

export interface SessionOptions {
  readonly pack: KernelPack;
  readonly wasm: WasmSource;
  /** The default is the pack’s snapshot, if it has one. */
  readonly from?: BootFrom;
  /** Called with the machine before it runs: who listens from here on hears its serial line from the first byte. */
  readonly onMachine?: (machine: Machine) => void;
  readonly onEvent?: (event: SessionEvent) => void;
}

/** An update in force; the trace of its undo goes on at that place. */
interface Applied {
  readonly update: UpdateModules;
  readonly trace: TracePosition;
}

/** What a verb does in the guest. */
type Work<T> = (operation: Operation) => Promise<Result<T>>;

/** What a verb has seen so far. */
interface Operation {
  readonly began: number;
  readonly records: TraceRecord[];
  /** Set while the guest is as it was, but for modules that only need unloading. */
  loaded: UpdateModules | undefined;
  /** Set once the core was told to act: from here only a restore brings the guest back for certain. */
  acted: boolean;
  crashed: boolean;
}

/**
 * One machine and the updates in it: the line from an update to its splice and back.
 *
 * One verb works at a time; a second one is refused with `busy`. What the core refuses is a report; a Failure means that there
 * is no verdict, and then the session is back in the state before the verb: modules unloaded or, where that is not certain,
 * the guest restored to the moment before.
 */
export class Session {
  readonly machine: Machine;
  readonly guest: Guest;
  readonly pack: KernelPack;
  readonly #core: GuestCore;
  readonly #baseline: Uint8Array;
  readonly #onEvent: (event: SessionEvent) => void;
  #applied: ReadonlyMap<string, Applied> = new Map();
  #state: SessionState = { name: 'opening', step: 'guest' };
  #stopMarks: { readonly mark: 'begin' | 'end'; readonly instructions: number }[] = [];
  #onCrash: (crash: Failure) => void = () => undefined;

  private constructor(machine: Machine, guest: Guest, baseline: Uint8Array, options: SessionOptions) {
    this.machine = machine;
    this.guest = guest;
    this.pack = options.pack;
    this.#baseline = baseline;
    this.#core = new GuestCore(guest);
    this.#onEvent = options.onEvent ?? (() => undefined);
    machine.onStopMark((mark) => void this.#stopMarks.push(mark));
    machine.onCrash((crash) => this.#crashed(crash));
  }

  /** Opens the pack's machine and waits until the agent in the guest answers. */
  static async open(options: SessionOptions): Promise<Result<Session>> {
    const tell = (step: OpeningStep) => options.onEvent?.({ type: 'state', state: { name: 'opening', step } });
    tell('machine');
    const opened = await openMachine(
      options.pack,
      options.wasm,
      options.from ?? (options.pack.has('snapshot') ? 'snapshot' : 'kernel'),
    );
    if (!opened.ok) return opened;
    const { machine, snapshot } = opened.value;
    tell('guest');
    options.onMachine?.(machine);
    machine.run();
    const guest = new Guest(machine);
    const hello = await guest.hello();
    if (!hello.ok) {
      await machine.destroy();
      return hello;
    }
    const baseline = snapshot ? success(snapshot) : machine.saveState();
    if (!baseline.ok) {
      await machine.destroy();
      return baseline;
    }
    const session = new Session(machine, guest, baseline.value, options);
    session.#enter({ name: 'ready', applied: [] });
    return success(session);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Ids of the updates in force, oldest first. */
  get applied(): readonly string[] {
    return [...this.#applied.keys()];
  }

  /** Applies an update tarball. The report says what the core found, also when it refused. */
  async apply(tarball: Uint8Array): Promise<Result<ApplyReport>> {
    const opened = readUpdate(tarball, this.pack.manifest);
    if (!opened.ok) return opened;
    const update = opened.value;
    const { id } = update;
    if (this.#applied.has(id)) {
      return failure('already_applied', 'This update is in force already.', { where: id, hint: `Undo ${id} first.` });
    }
    const step = (name: 'send' | 'load' | 'splice' | 'unload' | 'recover') =>
      this.#enter({ name: 'applying', id, step: name, applied: this.applied });
    return this.#operate(
      () => step('send'),
      async (operation) => {
        operation.loaded = update;
        const sent = await this.#core.send(update);
        if (!sent.ok) return sent;
        step('load');
        const loaded = await this.#core.load(update);
        if (!loaded.ok) return loaded;
        step('splice');
        const trace = new TraceReader();
        const seen = await this.#setStage(id, 'applied', trace, operation);
        if (!seen.ok) return seen;
        step('unload');
        const done = seen.value.abortCause === 'ok';
        const unloaded = await this.#core.unload(update, done ? 'old' : 'both');
        if (!unloaded.ok) return unloaded;
        if (done) this.#applied = new Map([...this.#applied, [id, { update, trace: trace.position }]]);
        return success(applyReport(seen.value));
      },
      () => step('recover'),
    );
  }

  /** Undoes an update in force. The report says what the core found, also when it refused. */
  async undo(id: string): Promise<Result<UndoReport>> {
    const entry = this.#applied.get(id);
    if (!entry) {
      const known = this.applied.join(', ') || 'none';
      return failure('not_applied', 'No such update is in force.', { where: id, expected: `one of those in force: ${known}` });
    }
    const step = (name: 'splice' | 'unload' | 'recover') =>
      this.#enter({ name: 'undoing', id, step: name, applied: this.applied });
    return this.#operate(
      () => step('splice'),
      async (operation) => {
        const trace = new TraceReader(entry.trace);
        const seen = await this.#setStage(id, 'reversed', trace, operation);
        if (!seen.ok) return seen;
        if (seen.value.abortCause === 'ok') {
          step('unload');
          const unloaded = await this.#core.unload(entry.update);
          if (!unloaded.ok) return unloaded;
          this.#applied = new Map([...this.#applied].filter(([other]) => other !== id));
        } else {
          this.#applied = new Map([...this.#applied, [id, { ...entry, trace: trace.position }]]);
        }
        return success(undoReport(seen.value));
      },
      () => step('recover'),
    );
  }

  /** Puts the machine back to the moment it was opened. Works from every state but a verb's and `closed`. */
  async reset(): Promise<Result<void>> {
    const refused = this.#refusal(['ready', 'lost']);
    if (refused) return refused;
    this.#enter({ name: 'resetting' });
    return this.#restore(this.#baseline, new Map());
  }

  /** Stops the machine for good. */
  async close(): Promise<void> {
    this.#enter({ name: 'closed' });
    this.#onCrash(CLOSED);
    this.guest.close();
    await this.machine.destroy();
  }

  /** Runs one verb with the session to itself, watches for the guest's death, and goes back if there is no verdict. */
  async #operate<T>(begin: () => void, work: Work<T>, recover: () => void): Promise<Result<T>> {
    const refused = this.#refusal(['ready']);
    if (refused) return refused;
    const checkpoint = this.machine.saveState();
    if (!checkpoint.ok) return checkpoint;
    begin();
    const before = this.#applied;
    const crash = new Promise<Failure>((crashed) => (this.#onCrash = crashed));
    const operation: Operation = { began: performance.now(), records: [], loaded: undefined, acted: false, crashed: false };
    this.#stopMarks = [];
    const died = crash.then((failed) => ((operation.crashed = true), failed));
    const result = await Promise.race([work(operation), died]).catch((error: unknown) => {
      // A bug: nobody knows how far the verb came, so only a reset helps. The bug itself goes on to whoever reports it.
      const found = error instanceof Error ? error.message : String(error);
      this.#enter({ name: 'lost', failure: failure('internal_error', 'Hotsplice itself made a mistake.', { found }) });
      throw error;
    });
    this.#onCrash = () => undefined;
    if (this.#state.name === 'closed') return CLOSED;
    if (result.ok) {
      this.#enter({ name: 'ready', applied: this.applied });
      return result;
    }
    recover();
    const back = await this.#goBack(operation, checkpoint.value, before);
    return back.ok ? result : { ...back, found: `${back.found ?? back.message} (after: ${result.message})` };
  }

  /** Unloading is enough while the core was not told to act and the guest lives; otherwise the checkpoint is restored. */
  async #goBack(operation: Operation, checkpoint: Uint8Array, applied: ReadonlyMap<string, Applied>): Promise<Result<void>> {
    if (!operation.crashed && !operation.acted && operation.loaded) {
      const unloaded = await this.#core.unload(operation.loaded);
      if (unloaded.ok) {
        this.#enter({ name: 'ready', applied: this.applied });
        return unloaded;
      }
    }
    return this.#restore(checkpoint, applied);
  }

  async #restore(state: Uint8Array, applied: ReadonlyMap<string, Applied>): Promise<Result<void>> {
    let restored = await this.machine.restore(state);
    if (restored.ok) {
      this.machine.run();
      const hello = await this.guest.hello();
      if (!hello.ok) restored = hello;
    }
    if (!restored.ok) {
      this.#enter({ name: 'lost', failure: restored });
      return restored;
    }
    this.#applied = applied;
    this.#enter({ name: 'ready', applied: this.applied });
    return success(undefined);
  }

  /** Has the core act and gathers what there is to see of it. */
  async #setStage(
    id: string,
    stage: 'applied' | 'reversed',
    trace: TraceReader,
    operation: Operation,
  ): Promise<Result<Observed>> {
    operation.acted = true;
    const verdict: Result<Verdict> = await this.#core.setStage(id, stage, trace, (record) => {
      operation.records.push(record);
      this.#onEvent({ type: 'trace', id, record });
    });
    if (!verdict.ok) return verdict;
    return success({
      id,
      ...verdict.value,
      stopInstructions: stopInstructions(this.#stopMarks),
      trace: operation.records,
      milliseconds: Math.round(performance.now() - operation.began),
    });
  }

  /** During a verb, the verb deals with it. An oops in between hurts one process; anything else ends the guest. */
  #crashed(crash: Failure): void {
    if (this.#state.name === 'ready' && crash.code !== 'guest_oops') this.#enter({ name: 'lost', failure: crash });
    else this.#onCrash(crash);
  }

  #refusal(allowed: readonly SessionState['name'][]): Failure | undefined {
    if (allowed.includes(this.#state.name)) return undefined;
    if (this.#state.name === 'lost') return { ...this.#state.failure, hint: 'The guest is lost; reset the machine.' };
    if (this.#state.name === 'closed') return CLOSED;
    return failure('busy', 'The machine is at work already.', { found: this.#state.name, hint: 'Wait until it is ready.' });
  }

  #enter(state: SessionState): void {
    if (this.#state.name === 'closed') return;
    this.#state = state;
    this.#onEvent({ type: 'state', state });
  }
}

const CLOSED = failure('closed', 'The machine was closed.', { hint: 'Open it again.' });
