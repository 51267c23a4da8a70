import type { Failure } from '../../engine/failure.ts';
import type { LoadProgress, ToolchainInfo, Warmth } from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';

export type ToolchainPhase =
  | { readonly kind: 'opening'; readonly load?: LoadProgress }
  | { readonly kind: 'open'; readonly info: ToolchainInfo }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Whether the compiler has been tried: it is loaded only when somebody has opened a file. */
export type WarmPhase =
  | { readonly kind: 'cold' }
  | { readonly kind: 'warming'; readonly load?: LoadProgress }
  | { readonly kind: 'warm'; readonly warmth: Warmth }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The sources and the compiler as the editor sees them. */
export class ToolchainState {
  readonly port: ToolchainPort;
  #phase = $state.raw<ToolchainPhase>({ kind: 'opening' });
  #warm = $state.raw<WarmPhase>({ kind: 'cold' });

  constructor(port: ToolchainPort) {
    this.port = port;
  }

  get phase(): ToolchainPhase {
    return this.#phase;
  }

  get warm(): WarmPhase {
    return this.#warm;
  }

  /** Loads the indexes; after a failure it tries again. Says whether they are there. */
  async open(): Promise<boolean> {
    if (this.#phase.kind === 'failed') this.#phase = { kind: 'opening' };
    const opened = await this.port.open((load) => {
      if (this.#phase.kind === 'opening') this.#phase = { kind: 'opening', load };
    });
    this.#phase = opened.ok ? { kind: 'open', info: opened.value } : { kind: 'failed', failure: opened };
    return opened.ok;
  }

  /** Loads the compiler and tries it on the file’s unit, unless that has been done. */
  async warmUp(path: string): Promise<void> {
    if (this.#warm.kind === 'warming' || this.#warm.kind === 'warm') return;
    this.#warm = { kind: 'warming' };
    const warmth = await this.port.warm(path, (load) => {
      if (this.#warm.kind === 'warming') this.#warm = { kind: 'warming', load };
    });
    if (warmth.ok) this.#warm = { kind: 'warm', warmth: warmth.value };
    // A build that began in the meantime has the compiler to itself, and warms it as well.
    else this.#warm = warmth.code === 'cancelled' ? { kind: 'cold' } : { kind: 'failed', failure: warmth };
  }
}
