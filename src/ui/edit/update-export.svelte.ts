import type { Failure } from '../../engine/failure.ts';
import type { BuiltChange } from '../../workers/toolchain-types.ts';
import type { BuildInput, EditBuild } from './edit-build.svelte.ts';

/** The update of the text as it is, to be saved instead of spliced. */
export class UpdateExport {
  #build: EditBuild;
  #input: () => BuildInput;
  #failure = $state.raw<Failure | undefined>(undefined);

  constructor(build: EditBuild, input: () => BuildInput) {
    this.#build = build;
    this.#input = input;
  }

  /** Why there was none. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  dismiss(): void {
    this.#failure = undefined;
  }

  /** Makes it; nothing if there is none, and `failure` says why, or if a person cancelled it. */
  async make(): Promise<BuiltChange | undefined> {
    this.#failure = undefined;
    const made = await this.#build.make(this.#input(), () => undefined);
    if (made.ok) return made.value;
    if (made.code !== 'cancelled') this.#failure = made;
    return undefined;
  }
}
