/** News of hundreds of units come faster than anybody reads: they are shown together, a few times a second. */
const EVERY_MS = 60;

/** Gathers what is added and hands it on together; the first at once. */
export class Throttle<T> {
  #show: (news: readonly T[]) => void;
  #gathered: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(show: (news: readonly T[]) => void) {
    this.#show = show;
  }

  add(news: T): void {
    this.#gathered.push(news);
    if (this.#timer !== undefined) return;
    this.#hand();
    this.#timer = setTimeout(() => this.flush(), EVERY_MS);
  }

  /** Hands on what is left, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.length > 0) this.#hand();
  }

  #hand(): void {
    this.#show(this.#gathered.splice(0));
  }
}
