import { failure, success, type Result } from '../../engine/failure.ts';
import type { Program } from '../lesson/lesson.ts';
import type { MachinePort } from '../port.ts';
import type { GuestCommand } from '../state/check.ts';
import type { Machine } from '../state/machine.svelte.ts';
import type { Making } from '../state/operation.ts';
import { installPrograms } from '../state/programs.ts';
import { UpdateRun } from '../state/update-run.svelte.ts';
import type { BuildInput, EditBuild } from './edit-build.svelte.ts';

/** What an edit's run asks of the workspace it belongs to. */
export interface Desk {
  readonly input: () => BuildInput;
  /** To be run before and after; nothing if the person has not given one. */
  readonly command: () => GuestCommand | undefined;
  /** Programs of the lesson that the draft comes from. */
  readonly programs: () => readonly Program[];
  /** A lesson whose update, in force now, has replaced code of one of these objects. */
  readonly inTheWay: (objects: readonly string[]) => Obstacle | undefined;
}

/** The text of which the update in force was made, and the objects it changed. */
export interface InForce {
  readonly revision: number;
  readonly name: string;
  readonly objects: readonly string[];
}

/** Another update that has to be undone first. */
export interface Obstacle {
  readonly title: string;
  undo(): Promise<void>;
}

/** Waits for a person's answer. */
export interface Conflict {
  readonly title: string;
  readonly answer: (agreed: boolean) => void;
}

/** An edit's dealings with the guest. At most one edit is in force: a new one takes the place of the old. */
export class EditRun extends UpdateRun {
  readonly build: EditBuild;
  #desk: Desk;
  #inForce = $state.raw<InForce | undefined>(undefined);
  #conflict = $state.raw<Conflict | undefined>(undefined);
  #tried = $state.raw(-1);
  /** How the update of the shown operation was made; nothing while it is being made. */
  #making = $state.raw<Making | undefined>({});
  /** What was put into which life of the guest. */
  #prepared: { readonly generation: number; readonly programs: readonly Program[] } | undefined;

  constructor(build: EditBuild, machine: Machine, desk: Desk) {
    super(machine);
    this.build = build;
    this.#desk = desk;
  }

  override get id(): string {
    return this.making.built?.id ?? '';
  }

  override get making(): Making {
    return this.#making ?? this.build.making;
  }

  /** Which text the update in force was made of. */
  get inForce(): InForce | undefined {
    return this.applied ? this.#inForce : undefined;
  }

  /** A lesson's update is in the way of this one. */
  get conflict(): Conflict | undefined {
    return this.#conflict;
  }

  /** The revision of the text that was tried last: how that ended says nothing of a later one. */
  get tried(): number {
    return this.#tried;
  }

  /** Ends at once what is under way and can be ended: a question, or the build. */
  cancel(): void {
    if (this.#conflict) this.#conflict.answer(false);
    else this.build.cancel();
  }

  override async check(): Promise<void> {
    await this.occupied('check', (port) => this.#runCommand(port));
  }

  /** Compiles, compares, builds, loads and splices. What is in force is undone once the new update is made. */
  override async apply(): Promise<void> {
    if (this.build.working || this.inForce?.revision === this.#desk.input().revision) return;
    await this.occupied('apply', async (port) => {
      const before = { operations: this.operations, tried: this.#tried, making: this.#making };
      const takeBack = () => {
        ({ operations: this.operations, tried: this.#tried, making: this.#making } = before);
        return success(undefined);
      };
      const input = this.#desk.input();
      this.#tried = input.revision;
      this.#making = undefined;
      this.beginApply('compile');
      const made = await this.build.make(input, (step) => this.setApply({ step }));
      if (!made.ok && made.code === 'cancelled') return takeBack();
      this.#making = this.build.making;
      if (!made.ok) {
        this.setApply({ failure: made });
        return success(undefined);
      }
      this.setApply({ step: 'build' });
      const objects = made.value.changes.map(({ object }) => object);
      const clear = await this.#clear(objects);
      if (!clear.ok || !clear.value) {
        takeBack();
        return clear.ok ? success(undefined) : clear;
      }
      await this.unsplice(port);
      if (this.applied) {
        this.show('undo');
        return success(undefined);
      }
      if (!this.checks.before && !this.undone) {
        const ran = await this.#runCommand(port);
        if (!ran.ok) return ran;
      }
      await this.splice(port, made.value.id, made.value.tarball);
      if (!this.applied) return success(undefined);
      this.#inForce = { revision: input.revision, name: input.name, objects };
      return this.#runCommand(port);
    });
  }

  override async undo(): Promise<void> {
    if (!this.applied) return;
    await this.occupied('undo', async (port) => {
      this.show('undo');
      await this.unsplice(port);
      return this.applied ? success(undefined) : this.#runCommand(port);
    });
  }

  /** Another command: what the old one printed does not belong to it. */
  forgetChecks(): void {
    this.keepChecks([]);
  }

  /** Has lessons undone that are in the way, each if the person agrees. Says whether they did; a failure if one stays in force. */
  async #clear(objects: readonly string[]): Promise<Result<boolean>> {
    for (let other = this.#desk.inTheWay(objects); other; other = this.#desk.inTheWay(objects)) {
      const { title } = other;
      const agreed = await new Promise<boolean>((answer) => (this.#conflict = { title, answer }));
      this.#conflict = undefined;
      if (!agreed) return success(false);
      await other.undo();
      if (this.#desk.inTheWay(objects)?.title === title) {
        return failure('replaced_already', `The lesson “${title}” is still in force: it could not be undone.`, {
          hint: 'Open the lesson. Its stages say why; undo it there, or reset.',
        });
      }
    }
    return success(true);
  }

  async #runCommand(port: MachinePort): Promise<Result<void>> {
    const command = this.#desk.command();
    if (!command) return success(undefined);
    const { generation } = this.machine;
    const programs = this.#desk.programs();
    if (this.#prepared?.generation !== generation || this.#prepared.programs !== programs) {
      const installed = await installPrograms(port, programs);
      if (!installed.ok) return installed;
      this.#prepared = { generation, programs };
    }
    return this.runCommand(port, command);
  }
}
