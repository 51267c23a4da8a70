import { failure, success, type Failure, type Result } from '../engine/failure.ts';
import type { PackSource } from '../engine/pipeline/pack.ts';

/** Bytes that have come, of how many. */
export type OnProgress = (received: number, total: number) => void;

/**
 * Kernel packs over the network. The files a start needs are asked for at once, before anybody has read the manifest that
 * names them, so that their transfers do not wait for each other.
 */
export class FetchSource implements PackSource {
  readonly #base: string;
  readonly #early: Map<string, Promise<Response | Failure>>;
  readonly #onProgress: OnProgress;
  #received = 0;
  #total = 0;

  constructor(base: string, early: readonly string[], onProgress: OnProgress) {
    this.#base = base;
    this.#onProgress = onProgress;
    this.#early = new Map(early.map((path) => [path, this.#request(path)]));
  }

  async read(path: string, limit: number): Promise<Result<Uint8Array>> {
    const response = await (this.#early.get(path) ?? this.#request(path));
    this.#early.delete(path);
    if (!(response instanceof Response)) return response;
    const where = `kernels/${path}`;
    if (!response.ok)
      return failure('pack_file', 'A file of the kernel pack could not be loaded.', {
        where,
        found: `HTTP ${response.status}`,
        hint: RELOAD,
      });
    return this.#body(response, where, limit);
  }

  async #request(path: string): Promise<Response | Failure> {
    try {
      return await fetch(new URL(path, this.#base));
    } catch (error) {
      return unreachable(`kernels/${path}`, error);
    }
  }

  /** Reads a body piece by piece; gives up once it is longer than the manifest allows. */
  async #body(response: Response, where: string, limit: number): Promise<Result<Uint8Array>> {
    const length = Number(response.headers.get('content-encoding') ? 0 : response.headers.get('content-length'));
    const expected = length > 0 && length <= limit ? length : 0;
    this.#total += expected;
    const pieces: Uint8Array[] = [];
    let size = 0;
    const reader = response.body?.getReader();
    try {
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        size += piece.value.length;
        // The verdict on the size is the reader's of the manifest; here it only must not fill memory.
        if (size > limit + 1) break;
        pieces.push(piece.value);
        if (expected > 0) this.#onProgress((this.#received += piece.value.length), this.#total);
      }
    } catch (error) {
      return unreachable(where, error);
    }
    return success(join(pieces));
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function unreachable(where: string, error: unknown): Failure {
  const found = error instanceof Error ? error.message : String(error);
  return { ok: false, code: 'fetch_failed', message: 'A file could not be fetched.', where, found, hint: RELOAD };
}

const RELOAD = 'Look at the connection and start again. If the file is missing on the server, build the page anew.';
