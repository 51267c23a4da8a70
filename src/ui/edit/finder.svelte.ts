import type { Failure } from '../../engine/failure.ts';
import type { Hit } from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';
import { read, write } from '../state/storage.ts';
import { isKernelPath } from '../view/address.ts';

const SHOWN = 60;
const RECENT = 12;
const KEY = 'hotsplice.recent-files';

/** Finds a file or a function by a few letters of its name. Nothing typed: the files of late. */
export class Finder {
  #port: ToolchainPort;
  #open = $state.raw(false);
  #query = $state.raw('');
  #hits = $state.raw<readonly Hit[]>([]);
  #at = $state.raw(0);
  #failure = $state.raw<Failure | undefined>(undefined);
  #recent = $state.raw<readonly string[]>(stored());
  #asked = 0;

  constructor(port: ToolchainPort) {
    this.#port = port;
  }

  get open(): boolean {
    return this.#open;
  }

  get query(): string {
    return this.#query;
  }

  get hits(): readonly Hit[] {
    return this.#hits;
  }

  get at(): number {
    return this.#at;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get recent(): readonly string[] {
    return this.#recent;
  }

  get chosen(): Hit | undefined {
    return this.#hits[this.#at];
  }

  show(): void {
    this.#open = true;
    void this.ask('');
  }

  close(): void {
    this.#open = false;
  }

  /** Looks for what was typed. Answers that come after a later question are not shown. */
  async ask(query: string): Promise<void> {
    const asked = ++this.#asked;
    this.#query = query;
    const name = query.replace(/:\d*$/, '').trim();
    if (name === '') {
      this.#failure = undefined;
      this.#show(this.#recent.map((path) => ({ kind: 'file', name: path, path, marks: [] })));
      return;
    }
    const found = await this.#port.search(name, SHOWN);
    if (asked !== this.#asked) return;
    this.#failure = found.ok ? undefined : found;
    const line = Number(/:(\d+)$/.exec(query)?.[1] ?? NaN);
    const hits = found.ok ? found.value : [];
    this.#show(line > 0 ? hits.map((hit) => (hit.kind === 'file' ? { ...hit, line } : hit)) : hits);
  }

  /** Goes on by so many hits, round and round. */
  move(by: number): void {
    const count = this.#hits.length;
    if (count > 0) this.#at = (((this.#at + by) % count) + count) % count;
  }

  /** Puts a file in front of those of late. */
  remember(path: string): void {
    this.#recent = [path, ...this.#recent.filter((other) => other !== path)].slice(0, RECENT);
    write(KEY, this.#recent.join('\n'));
  }

  #show(hits: readonly Hit[]): void {
    this.#hits = hits;
    this.#at = 0;
  }
}

function stored(): readonly string[] {
  return (read(KEY) ?? '').split('\n').filter(isKernelPath).slice(0, RECENT);
}
