import type { Lesson } from '../lesson/lesson.ts';
import { placeAt } from '../view/address.ts';
import { Editor } from './editor.svelte.ts';
import { Explanations, type Explain } from './explanations.ts';
import { LessonRun } from './lesson-run.svelte.ts';
import type { MakeToolchain, OpenMachine } from '../port.ts';
import { Machine } from './machine.svelte.ts';
import { Setting } from './setting.svelte.ts';
import { Theme } from './theme.svelte.ts';
import { UpdateBuild, type BuildUpdate } from './update-build.svelte.ts';
import type { UpdateRun } from './update-run.svelte.ts';

/** What the lab asks of the workers. */
export interface LabWorkers {
  readonly openMachine: OpenMachine;
  readonly buildUpdate: BuildUpdate;
  readonly explain: Explain;
  readonly makeToolchain: MakeToolchain;
}

/** The whole page: one guest, the lessons, the editor, and where the person is in them. */
export class Lab {
  readonly theme = new Theme();
  /** Keys without Ctrl or Alt; some people's speech input sends them unasked. */
  readonly singleKeys = new Setting('hotsplice.single-keys', true);
  /** The terminal tells a screen reader what it shows. */
  readonly readTerminal = new Setting('hotsplice.read-terminal', false);
  readonly machine: Machine;
  readonly lessons: readonly Lesson[];
  readonly explanations: Explanations;
  readonly editor: Editor;
  #builds: readonly UpdateBuild[];
  #runs = $state.raw<readonly LessonRun[]>([]);
  #number = $state.raw(1);
  #step = $state.raw(0);
  #editing = $state.raw(false);
  #notice = $state.raw('');

  constructor(lessons: readonly Lesson[], workers: LabWorkers) {
    this.lessons = lessons;
    this.explanations = new Explanations(workers.explain);
    this.machine = new Machine(workers.openMachine);
    this.#builds = lessons.map((lesson) => new UpdateBuild(lesson, workers.buildUpdate));
    this.#runs = this.#freshRuns();
    this.editor = new Editor({
      makeToolchain: workers.makeToolchain,
      machine: this.machine,
      lessons,
      inTheWay: (objects) => this.#inTheWay(objects),
      onAddress: (hash) => this.#nameAddress(hash),
    });
    this.#goTo(location.hash);
    addEventListener('hashchange', () => this.#goTo(location.hash));
  }

  /** The person is in the editor, not in a lesson. */
  get editing(): boolean {
    return this.#editing;
  }

  /** What the stages show and the keys act upon: the open lesson's run or the editor's. Nothing while the editor loads. */
  get acting(): UpdateRun | undefined {
    return this.#editing ? this.editor.workspace?.run : this.run;
  }

  /** The lesson that is open, with what it has done to the guest. */
  get run(): LessonRun {
    const run = this.#find(this.#number);
    if (!run) throw new Error(`there is no lesson ${this.#number}`);
    return run;
  }

  get step(): number {
    return this.#step;
  }

  /** What just happened, for the live region. */
  get notice(): string {
    return this.#notice;
  }

  runOf(lesson: Lesson): LessonRun | undefined {
    return this.#find(lesson.number);
  }

  open(number: number, step = 0): void {
    if (this.#find(number)) location.hash = `#/${number}/${step + 1}`;
  }

  goToStep(step: number): void {
    this.open(this.#number, Math.max(0, step));
  }

  /** Into the editor, where the person left off. */
  edit(): void {
    location.hash = '#/edit';
  }

  /** Opens a patch file in the editor. */
  async openPatch(file: Blob): Promise<void> {
    if (!this.#editing) this.edit();
    await this.editor.openPatch(file);
  }

  /** Back to the snapshot: no lesson has done anything to the guest. */
  async reset(): Promise<void> {
    const began = performance.now();
    // A build that ends meanwhile must not splice into the guest that comes back.
    this.editor.workspace?.run.cancel();
    const done = await this.machine.reset();
    if (!done.ok) return;
    this.#runs = this.#freshRuns();
    this.editor.workspace?.forget();
    this.#notice = `Reset to the snapshot in ${Math.round(performance.now() - began)} ms.`;
  }

  /** A new worker and a new guest, after the old one failed. */
  async restart(): Promise<void> {
    this.#runs = this.#freshRuns();
    this.editor.workspace?.forget();
    await this.machine.start();
  }

  #find(number: number): LessonRun | undefined {
    return this.#runs.find((run) => run.lesson.number === number);
  }

  /** The builds stay: an update does not depend on what the guest has been through. */
  #freshRuns(): readonly LessonRun[] {
    return this.#builds.map((build) => new LessonRun(build, this.machine, (objects) => this.#editInTheWay(objects)));
  }

  /** A lesson whose update, in force now, has replaced code of one of these objects. */
  #inTheWay(objects: readonly string[]): { readonly title: string; undo(): Promise<void> } | undefined {
    const run = this.#runs.find((entry) => entry.applied && entry.lesson.units.some(({ path }) => objects.includes(path)));
    return run && { title: run.lesson.title, undo: () => run.undo() };
  }

  /** The name of the edit in force, if it has replaced code of one of these objects. */
  #editInTheWay(objects: readonly string[]): string | undefined {
    const inForce = this.editor.workspace?.run.inForce;
    return inForce?.objects.some((object) => objects.includes(object)) ? inForce.name : undefined;
  }

  #nameAddress(hash: string): void {
    if (this.#editing && location.hash !== hash) history.replaceState(history.state, '', hash);
  }

  #goTo(hash: string): void {
    const place = placeAt(
      hash,
      this.lessons.map((lesson) => lesson.number),
    );
    this.#editing = place.kind === 'edit';
    if (place.kind === 'edit') {
      void this.editor.go(place);
    } else {
      this.#number = place.lesson;
      this.#step = place.step;
    }
  }
}
