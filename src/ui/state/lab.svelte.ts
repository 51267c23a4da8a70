import type { Lesson } from '../lesson/lesson.ts';
import { lessonAt } from '../view/address.ts';
import { LessonRun } from './lesson-run.svelte.ts';
import { Listings, type Disassemble } from './listings.ts';
import type { OpenMachine } from '../port.ts';
import { Machine } from './machine.svelte.ts';
import { Setting } from './setting.svelte.ts';
import { Theme } from './theme.svelte.ts';
import { UpdateBuild, type BuildUpdate } from './update-build.svelte.ts';

/** What the lab asks of the workers. */
export interface LabWorkers {
  readonly openMachine: OpenMachine;
  readonly buildUpdate: BuildUpdate;
  readonly disassemble: Disassemble;
}

/** The whole page: one guest, the lessons, and where the person is in them. */
export class Lab {
  readonly theme = new Theme();
  /** Keys without Ctrl or Alt; some people's speech input sends them unasked. */
  readonly singleKeys = new Setting('hotsplice.single-keys', true);
  /** The terminal tells a screen reader what it shows. */
  readonly readTerminal = new Setting('hotsplice.read-terminal', false);
  readonly machine: Machine;
  readonly lessons: readonly Lesson[];
  readonly listings: Listings;
  #builds: readonly UpdateBuild[];
  #runs = $state.raw<readonly LessonRun[]>([]);
  #number = $state.raw(1);
  #step = $state.raw(0);
  #notice = $state.raw('');

  constructor(lessons: readonly Lesson[], workers: LabWorkers) {
    this.lessons = lessons;
    this.listings = new Listings(workers.disassemble);
    this.machine = new Machine(workers.openMachine);
    this.#builds = lessons.map((lesson) => new UpdateBuild(lesson, workers.buildUpdate));
    this.#runs = this.#freshRuns();
    this.#goTo(location.hash);
    addEventListener('hashchange', () => this.#goTo(location.hash));
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

  /** Back to the snapshot: no lesson has done anything to the guest. */
  async reset(): Promise<void> {
    const began = performance.now();
    const done = await this.machine.reset();
    if (!done.ok) return;
    this.#runs = this.#freshRuns();
    this.#notice = `Reset to the snapshot in ${Math.round(performance.now() - began)} ms.`;
  }

  /** A new worker and a new guest, after the old one failed. */
  async restart(): Promise<void> {
    this.#runs = this.#freshRuns();
    await this.machine.start();
  }

  #find(number: number): LessonRun | undefined {
    return this.#runs.find((run) => run.lesson.number === number);
  }

  /** The builds stay: an update does not depend on what the guest has been through. */
  #freshRuns(): readonly LessonRun[] {
    return this.#builds.map((build) => new LessonRun(build, this.machine));
  }

  #goTo(hash: string): void {
    const place = lessonAt(
      hash,
      this.lessons.map((lesson) => lesson.number),
    );
    this.#number = place.lesson;
    this.#step = place.step;
  }
}
