import { failure, success, type Result } from '../../engine/failure.ts';
import type { BuiltChange } from '../../workers/toolchain-types.ts';
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
  /** A lesson's update in force that replaced functions of these objects, by its title. */
  readonly inTheWay: (objects: readonly string[]) => string | undefined;
}

/** An edit's dealings with the guest. At most one edit is in force: a new one takes the place of the old. */
export class EditRun extends UpdateRun {
  readonly build: EditBuild;
  #desk: Desk;
  #inForce = $state.raw<{ readonly revision: number; readonly name: string } | undefined>(undefined);
  #prepared = -1;

  constructor(build: EditBuild, machine: Machine, desk: Desk) {
    super(machine);
    this.build = build;
    this.#desk = desk;
  }

  override get id(): string {
    return this.build.making.built?.id ?? '';
  }

  override get making(): Making {
    return this.build.making;
  }

  /** Which text the update in force was made of. */
  get inForce(): { readonly revision: number; readonly name: string } | undefined {
    return this.applied ? this.#inForce : undefined;
  }

  override async check(): Promise<void> {
    await this.occupied('check', (port) => this.#runCommand(port));
  }

  /** Compiles, compares, builds, loads and splices. What is in force is undone once the new update is made. */
  override async apply(): Promise<void> {
    await this.occupied('apply', async (port) => {
      const before = this.operations;
      const input = this.#desk.input();
      this.beginApply('compile');
      const made = await this.build.make(input, (step) => this.setApply({ step }));
      if (!made.ok) {
        if (made.code === 'cancelled') this.operations = before;
        else this.setApply({ failure: made });
        return success(undefined);
      }
      this.setApply({ step: 'build' });
      const free = await this.#makeRoom(port, made.value);
      if (!free.ok || this.applied) return free;
      if (!this.checks.before && !this.undone) {
        const ran = await this.#runCommand(port);
        if (!ran.ok) return ran;
      }
      await this.splice(port, made.value.id, made.value.tarball);
      if (!this.applied) return success(undefined);
      this.#inForce = { revision: input.revision, name: input.name };
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

  /** Undoes the edit in force; if it cannot be, the stages show why. */
  async #makeRoom(port: MachinePort, built: BuiltChange): Promise<Result<void>> {
    const other = this.#desk.inTheWay(built.changes.map(({ object }) => object));
    if (other !== undefined) {
      return failure('replaced_already', `“${other}” is in force and has replaced code of the same unit.`, {
        where: built.changes.map(({ object }) => object).join(', '),
        hint: 'Undo that lesson first (or reset), then compile and splice again.',
      });
    }
    if (!this.applied) return success(undefined);
    await this.unsplice(port);
    if (this.applied) this.show('undo');
    return success(undefined);
  }

  async #runCommand(port: MachinePort): Promise<Result<void>> {
    const command = this.#desk.command();
    if (!command) return success(undefined);
    if (this.#prepared !== this.machine.generation) {
      const installed = await installPrograms(port, this.#desk.programs());
      if (!installed.ok) return installed;
      this.#prepared = this.machine.generation;
    }
    return this.runCommand(port, command);
  }
}
