import { STT_FILE } from '../elf/constants.ts';
import type { Comparison } from './compare.ts';
import { spanName, spanText } from './span.ts';

/** A source file in the kernel tree and, as far as it is known, a line of it. */
export interface SourcePlace {
  readonly file?: string;
  readonly line?: number;
}

/** Tells where in the source symbols of a comparison are, as far as the objects know. */
export class SourcePlaces {
  readonly #file: string | undefined;
  /** Of functions that a table entry gives a line: the first that a warning or bug of theirs would report. */
  readonly #lines = new Map<string, number>();

  constructor({ objectPath, pre, post }: Pick<Comparison, 'objectPath' | 'pre' | 'post'>) {
    const name = pre.object.symbols.find(({ type }) => type === STT_FILE)?.name;
    if (name === undefined || !/^[\w.+-]{1,100}$/.test(name)) return;
    const file = objectPath.slice(0, objectPath.lastIndexOf('/') + 1) + name;
    this.#file = file;
    for (const span of [...post.spans, ...pre.spans]) {
      const lines = span.sites.flatMap((site) => {
        const text = site.kind === 'bug' && site.file?.span?.kind === 'string' ? spanText(site.file.span) : '';
        return site.kind === 'bug' && site.line > 0 && (text === file || text.endsWith(`/${file}`)) ? [site.line] : [];
      });
      // What pre says of a symbol holds, as the last to say it.
      if (lines.length > 0) this.#lines.set(spanName(span), Math.min(...lines));
    }
  }

  of(symbol: string | undefined): SourcePlace {
    if (this.#file === undefined) return {};
    const line = symbol === undefined ? undefined : this.#lines.get(symbol);
    return { file: this.#file, ...(line !== undefined && { line }) };
  }
}
