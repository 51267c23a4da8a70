import { failure, type Failure, type Result } from '../../engine/failure.ts';
import type { Changes } from '../../engine/diff/changes.ts';
import type { SourceEvidence } from '../../engine/why/explain.ts';
import type { Manifest } from '../../engine/pipeline/manifest.ts';
import type { Machine } from './machine.svelte.ts';
import type { Lesson } from '../lesson/lesson.ts';

export interface BuiltUpdate {
  readonly tarball: Uint8Array;
  /** One entry for each unit. */
  readonly changes: readonly Changes[];
  /** The source patch it was made from. */
  readonly patch: string;
  /** What the sources tell of functions in which the patch changes no line; nothing where they are not at hand. */
  readonly sources: Result<readonly SourceEvidence[]>;
}

/** Makes the update of a lesson from its objects. */
export type BuildUpdate = (lesson: Lesson, kernel: Manifest, id: string) => Promise<Result<BuiltUpdate>>;

export type BuildPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'building' }
  | { readonly kind: 'built'; readonly update: BuiltUpdate; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The update of one lesson, made once, when it is first needed. */
export class UpdateBuild {
  readonly id: string;
  readonly lesson: Lesson;
  #build: BuildUpdate;
  #phase = $state.raw<BuildPhase>({ kind: 'idle' });
  #under: Promise<void> | undefined;

  constructor(lesson: Lesson, build: BuildUpdate) {
    this.id = lesson.id.replaceAll('-', '_');
    this.lesson = lesson;
    this.#build = build;
  }

  get phase(): BuildPhase {
    return this.#phase;
  }

  /** Starts the build unless it has been made or is being made. After a failure it tries again. */
  async start(machine: Machine): Promise<void> {
    if (this.#phase.kind === 'idle' || this.#phase.kind === 'failed') this.#under = this.#run(machine);
    await this.#under;
  }

  async tarball(machine: Machine): Promise<Result<Uint8Array>> {
    await this.start(machine);
    if (this.#phase.kind === 'failed') return this.#phase.failure;
    if (this.#phase.kind !== 'built')
      return failure('machine_not_ready', 'The machine is not running.', { hint: 'Start it again.' });
    return { ok: true, value: this.#phase.update.tarball };
  }

  async #run({ phase }: Machine): Promise<void> {
    if (phase.kind !== 'live') return;
    this.#phase = { kind: 'building' };
    const began = performance.now();
    const built = await this.#build(this.lesson, phase.kernel, this.id);
    this.#phase = built.ok
      ? { kind: 'built', update: built.value, milliseconds: performance.now() - began }
      : { kind: 'failed', failure: built };
  }
}
