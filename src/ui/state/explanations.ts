import type { Changes } from '../../engine/diff/changes.ts';
import type { Result } from '../../engine/failure.ts';
import type { SourceEvidence } from '../../engine/why/explain.ts';
import type { Why } from '../../engine/why/why.ts';

export type Explain = (changes: Changes, patch: string, sources: readonly SourceEvidence[]) => Promise<Result<Why>>;

/** Why the functions of units are replaced: their instructions side by side, and what leads to them. Each unit is explained once. */
export class Explanations {
  #explain: Explain;
  #made = new WeakMap<Changes, Promise<Result<Why>>>();

  constructor(explain: Explain) {
    this.#explain = explain;
  }

  of(changes: Changes, patch: string, sources: readonly SourceEvidence[]): Promise<Result<Why>> {
    const known = this.#made.get(changes);
    if (known) return known;
    const made = this.#explain(changes, patch, sources);
    this.#made.set(changes, made);
    void made.then((result) => {
      if (!result.ok) this.#made.delete(changes);
    });
    return made;
  }
}
