import { read, write } from './storage.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';
const CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark'];
const KEY = 'hotsplice.theme';

/** Light or dark: the system's choice until a person makes one. The result is an attribute of the root element. */
export class Theme {
  #choice = $state.raw<ThemeChoice>('system');
  #systemDark = $state.raw(false);

  constructor() {
    const stored = read(KEY);
    this.#choice = CHOICES.find((choice) => choice === stored) ?? 'system';
    const query = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = query.matches;
    query.addEventListener('change', (event) => {
      this.#systemDark = event.matches;
      this.#show();
    });
    this.#show();
  }

  get choice(): ThemeChoice {
    return this.#choice;
  }

  get dark(): boolean {
    return this.#choice === 'dark' || (this.#choice === 'system' && this.#systemDark);
  }

  /** The choice after this one, in the order in which the switch goes round. */
  get following(): ThemeChoice {
    return CHOICES[(CHOICES.indexOf(this.#choice) + 1) % CHOICES.length] ?? 'system';
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice;
    write(KEY, choice);
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.dark ? 'dark' : 'light';
  }
}
