import { failure, success, type Result } from '../../engine/failure.ts';
import type { Lesson } from '../lesson/lesson.ts';
import type { MachinePort } from '../port.ts';
import type { Machine } from './machine.svelte.ts';
import { installPrograms } from './programs.ts';
import type { UpdateBuild } from './update-build.svelte.ts';
import { UpdateRun } from './update-run.svelte.ts';

/** One lesson's dealings with the guest: its check, its apply, its undo. */
export class LessonRun extends UpdateRun {
  readonly lesson: Lesson;
  readonly build: UpdateBuild;
  #prepared = -1;
  #inTheWay: (objects: readonly string[]) => string | undefined;

  /** `inTheWay`: the name of an edit in force that has replaced code of these objects. */
  constructor(build: UpdateBuild, machine: Machine, inTheWay: (objects: readonly string[]) => string | undefined) {
    const { expects } = build.lesson;
    super(machine, expects === 'applied' ? undefined : expects.refused);
    this.lesson = build.lesson;
    this.build = build;
    this.#inTheWay = inTheWay;
  }

  override get id(): string {
    return this.build.id;
  }

  /** A lesson's objects come with it. */
  override get making(): undefined {
    return undefined;
  }

  /** The step that comes next in the lesson's usual course. */
  get next(): 'check' | 'apply' | 'undo' | undefined {
    const refused = this.applyEnding !== undefined;
    if (!this.checks[this.checkTime]) return refused && this.checks.before ? undefined : 'check';
    if (this.applied) return 'undo';
    return this.checkTime === 'undone' || refused ? undefined : 'apply';
  }

  override async check(): Promise<void> {
    await this.occupied('check', async (port) => {
      const prepared = await this.#prepare(port);
      return prepared.ok ? this.runCommand(port, this.lesson.check) : prepared;
    });
  }

  override async apply(): Promise<void> {
    if (this.applied) return;
    await this.occupied('apply', async (port) => {
      const edit = this.#inTheWay(this.lesson.units.map(({ path }) => path));
      if (edit !== undefined) {
        return failure('replaced_already', `The edit “${edit}” is in force and has replaced code of the same unit.`, {
          hint: 'Undo it in the editor (E, then U), or reset.',
        });
      }
      this.beginApply('upload');
      const built = await this.build.tarball(this.machine);
      if (built.ok) await this.splice(port, this.id, built.value);
      else this.setApply({ step: 'done', failure: built });
      return success(undefined);
    });
  }

  override async undo(): Promise<void> {
    if (!this.applied) return;
    await this.occupied('undo', async (port) => {
      this.show('undo');
      await this.unsplice(port);
      return success(undefined);
    });
  }

  /** Puts the lesson's programs into the guest, once in each life of it. */
  async #prepare(port: MachinePort): Promise<Result<void>> {
    if (this.#prepared === this.machine.generation) return success(undefined);
    const installed = await installPrograms(port, this.lesson.programs);
    if (installed.ok) this.#prepared = this.machine.generation;
    return installed;
  }
}
