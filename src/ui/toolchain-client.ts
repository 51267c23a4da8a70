import { proxy } from 'comlink';
import { failure, success, type Result } from '../engine/failure.ts';
import type { ToolchainHost, ToolchainPlaces } from '../workers/toolchain-host.ts';
import { Spawned } from '../workers/spawn.ts';
import type { BuiltChange, LoadProgress, ToolchainInfo } from '../workers/toolchain-types.ts';
import type { ToolchainPort } from './port.ts';
import { markBuild, markTrial } from './timeline.ts';

/** Searching takes milliseconds; reading may wait for the network. */
const SEARCH_TIMEOUT_MS = 15_000;

const CANCELLED = failure('cancelled', 'It was cancelled.');

/** The toolchain's worker, started when it is first asked for anything, and again after it died or was closed. */
export class ToolchainClient implements ToolchainPort {
  #places: ToolchainPlaces;
  #worker: Spawned<ToolchainHost> | undefined;
  #opening: Promise<Result<ToolchainInfo>> | undefined;
  #stops = new Set<() => void>();

  constructor(places: ToolchainPlaces) {
    this.#places = places;
  }

  open(onProgress?: (progress: LoadProgress) => void): Promise<Result<ToolchainInfo>> {
    this.#opening ??= this.#open(onProgress);
    return this.#opening;
  }

  search: ToolchainPort['search'] = (query, limit) =>
    this.#call(async (remote) => success(await remote.search(query, limit)), SEARCH_TIMEOUT_MS);

  read: ToolchainPort['read'] = (path) => this.#call((remote) => remote.read(path));

  warm: ToolchainPort['warm'] = (path, onProgress) =>
    this.#stoppable(
      this.#call((remote) =>
        remote.warm(
          path,
          proxy((progress: LoadProgress) => {
            markTrial(progress);
            onProgress?.(progress);
          }),
        ),
      ),
    );

  applyPatch: ToolchainPort['applyPatch'] = (patch) => this.#call((remote) => remote.applyPatch(patch));

  plan: ToolchainPort['plan'] = (changes) => this.#call((remote) => remote.plan([...changes]));

  diff: ToolchainPort['diff'] = (changes) => this.#call((remote) => remote.diff([...changes]));

  build: ToolchainPort['build'] = async (changes, options, onProgress) => {
    const call = this.#call<BuiltChange>((remote) => remote.build([...changes], options, proxy(onProgress ?? ignore)));
    const built = await this.#stoppable(call);
    if (built.ok) markBuild(built.value.timings);
    return built;
  };

  /** The person does not wait until the workers have heard of it. */
  cancel(): void {
    for (const stop of this.#stops) stop();
    void this.#worker?.remote.cancel();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#worker?.close();
    this.#forget();
  }

  async #open(onProgress: ((progress: LoadProgress) => void) | undefined): Promise<Result<ToolchainInfo>> {
    const worker = new Worker(new URL('../workers/toolchain.ts', import.meta.url), { type: 'module', name: 'toolchain' });
    const spawned = new Spawned<ToolchainHost>(worker, 'toolchain’s worker');
    this.#worker = spawned;
    spawned.onDeath(() => {
      if (this.#worker === spawned) this.#forget();
    });
    const opened = await spawned.call((remote) => remote.open(this.#places, proxy(onProgress ?? ignore)));
    if (!opened.ok && this.#worker === spawned) {
      spawned.close();
      this.#forget();
    }
    return opened;
  }

  #forget(): void {
    this.#worker = undefined;
    this.#opening = undefined;
  }

  async #call<V>(make: Parameters<typeof Spawned.prototype.call<V>>[0], timeoutMs?: number): Promise<Result<V>> {
    const opened = await this.open();
    if (!opened.ok) return opened;
    return this.#worker?.call(make, timeoutMs) ?? CANCELLED;
  }

  async #stoppable<V>(work: Promise<Result<V>>): Promise<Result<V>> {
    let stop: () => void = ignore;
    const stopped = new Promise<Result<V>>((done) => (stop = () => done(CANCELLED)));
    this.#stops.add(stop);
    const result = await Promise.race([work, stopped]);
    this.#stops.delete(stop);
    return result;
  }
}

function ignore(): void {
  // Nobody listens.
}
