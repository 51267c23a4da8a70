import { read, write } from './storage.ts';

/** A switch that a person sets and that outlives the visit. */
export class Setting {
  readonly #key: string;
  #on = $state.raw(false);

  constructor(key: string, initial: boolean) {
    this.#key = key;
    const stored = read(key);
    this.#on = stored === undefined ? initial : stored === 'on';
  }

  get on(): boolean {
    return this.#on;
  }

  toggle(): void {
    this.#on = !this.#on;
    write(this.#key, this.#on ? 'on' : 'off');
  }
}
