import { STB_LOCAL, STT_FUNC, STT_NOTYPE } from '../elf/constants.ts';
import type { ElfObject } from '../elf/object.ts';
import { contentSize } from './equal.ts';
import { spanName, type Span } from './span.ts';

/** A place where a function is entered: its start, or a global name further in, as assembler files have them. */
export interface Entry {
  readonly name: string;
  /** In the function. */
  readonly offset: number;
  /** Bytes to the next entry, or to the end of the function. */
  readonly size: number;
}

/** Global names inside of the functions of a unit, by span. Asks the symbol table once. */
export class Entries {
  readonly #inside = new Map<Span, { name: string; offset: number }[]>();

  constructor(object: ElfObject, spans: readonly Span[]) {
    const bySection = new Map<number, Span[]>();
    for (const span of spans) {
      if (span.kind !== 'text') continue;
      const list = bySection.get(span.section.index);
      if (list) list.push(span);
      else bySection.set(span.section.index, [span]);
    }
    for (const { name, section, value, bind, type } of object.symbols) {
      if (bind === STB_LOCAL || (type !== STT_FUNC && type !== STT_NOTYPE)) continue;
      const span = around(bySection.get(section) ?? [], value);
      if (!span || value === span.offset || value >= span.offset + contentSize(span)) continue;
      const list = this.#inside.get(span) ?? [];
      // A second name of one place is no entry of its own.
      if (!list.some((one) => one.offset === value - span.offset)) list.push({ name, offset: value - span.offset });
      this.#inside.set(span, list);
    }
  }

  /** All entries of a function, its start first. */
  of(span: Span, end = contentSize(span)): Entry[] {
    const inside = (this.#inside.get(span) ?? []).sort((a, b) => a.offset - b.offset);
    const starts = [{ name: spanName(span), offset: 0 }, ...inside];
    return starts.map((one, index) => ({ ...one, size: (starts[index + 1]?.offset ?? end) - one.offset }));
  }

  /** The entry of this name behind the start of a function, and the function it leads into. */
  find(name: string): { readonly span: Span; readonly offset: number } | undefined {
    for (const [span, list] of this.#inside) {
      const entry = list.find((one) => one.name === name);
      if (entry) return { span, offset: entry.offset };
    }
    return undefined;
  }

  /** The name of the entry at a place of a function behind its start, if it is one. */
  at(span: Span, offset: number): string | undefined {
    return this.#inside.get(span)?.find((one) => one.offset === offset)?.name;
  }
}

/** Where an entry of a function of pre leads to in post; undefined if its name is gone. */
export interface Correspondence extends Entry {
  readonly to: { readonly span: Span; readonly offset: number } | undefined;
}

/** The entries of a function of pre, with those of the same names in post: the first is the function itself. `end`: where its bytes end. */
export function correspondences(
  pre: { readonly entries: Entries },
  post: { readonly entries: Entries; readonly spans: readonly Span[] },
  span: Span,
  end: number,
): Correspondence[] {
  return pre.entries.of(span, end).map((entry): Correspondence => {
    if (entry.offset === 0) return { ...entry, to: span.partner && { span: span.partner, offset: 0 } };
    const starts = (one: Span): boolean =>
      one.kind === 'text' && one.symbols.some(({ name, bind }) => name === entry.name && bind !== STB_LOCAL);
    const start = post.spans.find(starts);
    return { ...entry, to: post.entries.find(entry.name) ?? (start && { span: start, offset: 0 }) };
  });
}

/** The last of a section's spans that begins at or before an offset. */
function around(spans: readonly Span[], offset: number): Span | undefined {
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((spans[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const span = spans[low];
  return span && span.offset <= offset ? span : undefined;
}
