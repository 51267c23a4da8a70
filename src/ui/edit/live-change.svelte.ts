import { success, type Result } from '../../engine/failure.ts';
import type { FileChange, Plan } from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';

/** A pause in typing. */
const PAUSE_MS = 250;

/** The change as a patch, and what it would make the compiler do: kept up with the text. */
export class LiveChange {
  #port: ToolchainPort;
  #patch = $state.raw<Result<string>>(success(''));
  #plan = $state.raw<Result<Plan> | undefined>(undefined);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onPatch: () => void;

  constructor(port: ToolchainPort, onPatch: () => void) {
    this.#port = port;
    this.#onPatch = onPatch;
  }

  get patch(): Result<string> {
    return this.#patch;
  }

  /** Nothing while nothing is changed, or until it is known. */
  get plan(): Result<Plan> | undefined {
    return this.#plan;
  }

  /** Another draft is looked at; `patch` is its change as it was last kept. */
  begin(patch: string): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#patch = success(patch);
    this.#plan = undefined;
  }

  /** Looks at the change once it rests. */
  touch(changes: () => readonly FileChange[]): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(changes()), PAUSE_MS);
  }

  async now(changes: readonly FileChange[]): Promise<void> {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    if (changes.length === 0) {
      this.#patch = success('');
      this.#plan = undefined;
    } else {
      const [patch, plan] = await Promise.all([this.#port.diff(changes), this.#port.plan(changes)]);
      if (asked !== this.#asked) return;
      this.#patch = patch;
      this.#plan = plan;
    }
    this.#onPatch();
  }
}
