import type { Diagnostic } from '../../workers/toolchain-types.ts';

/** What the compiler said of the last text it was given, errors first. */
export class Problems {
  #all = $state.raw<readonly Diagnostic[]>([]);
  #at = $state.raw(-1);

  get all(): readonly Diagnostic[] {
    return this.#all;
  }

  /** The one that F8 went to last. */
  get at(): number {
    return this.#at;
  }

  get errors(): number {
    return this.#all.filter(({ severity }) => severity === 'error').length;
  }

  set(problems: readonly Diagnostic[]): void {
    const order = ['error', 'warning', 'note'];
    this.#all = problems.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
    this.#at = -1;
  }

  /** Goes on by one, round and round. */
  step(by: 1 | -1): Diagnostic | undefined {
    if (this.#all.length === 0) return undefined;
    const from = this.#at < 0 && by < 0 ? 0 : this.#at;
    return this.choose((from + by + this.#all.length) % this.#all.length);
  }

  choose(at: number): Diagnostic | undefined {
    this.#at = at;
    return this.#all[at];
  }
}
