import { STB_WEAK } from '../elf/constants.ts';
import { hasIdentity } from '../diff/equal.ts';
import type { Span, Target } from '../diff/span.ts';
import type { Comparison } from '../diff/compare.ts';
import type { Unit } from '../diff/unit.ts';

/** The name of a symbol within the update. */
export interface Label {
  readonly text: string;
  /** What kallsyms calls it; undefined if it has no name there. */
  readonly name: string | undefined;
  readonly global: boolean;
  /** Defined by this unit, but weakly: the kernel may have another unit's. */
  readonly weak?: boolean;
}

/** An address in terms of a label. */
export interface Located {
  readonly label: Label;
  readonly addend: number;
}

/** The label of a symbol that has its name in the whole kernel. */
export function globalLabel(name: string): Label {
  return { text: name, name, global: true };
}

/** Names the things of one pre unit: `name` if the kernel has one of it, `name<object>` for a local one, `section+offset<object>` without a name. */
export class Labels {
  /** The first span of what each span is matched with. */
  readonly #starts = new Map<Span, Span>();
  /** How many local symbols of the same name come before this one. */
  readonly #ordinal = new Map<Span, number>();

  constructor(
    unit: Unit,
    readonly objectPath: string,
    /** Variables that are matched by themselves, whatever their section holds beside them. */
    alone: ReadonlySet<Span> = new Set(),
  ) {
    const seen = new Map<string, number>();
    let start: Span | undefined;
    for (const span of unit.spans) {
      if (!start || start.section !== span.section || alone.has(span) || alone.has(start)) start = span;
      this.#starts.set(span, start);
      const symbol = span.symbols[0];
      if (!symbol || symbol.bind !== 0) continue;
      const ordinal = seen.get(symbol.name) ?? 0;
      this.#ordinal.set(span, ordinal);
      seen.set(symbol.name, ordinal + 1);
    }
  }

  /** The label of the span's own start. */
  of(span: Span): Label {
    const symbol = span.symbols[0];
    if (!symbol)
      return { text: `${span.section.name}+0x${span.offset.toString(16)}<${this.objectPath}>`, name: undefined, global: false };
    if (symbol.bind !== 0) return { ...globalLabel(symbol.name), weak: symbol.bind === STB_WEAK };
    const ordinal = this.#ordinal.get(span) ?? 0;
    return { text: `${symbol.name}<${this.objectPath}>${ordinal > 0 ? `~${ordinal}` : ''}`, name: symbol.name, global: false };
  }

  /** The first span of the piece that is matched as a whole with this one in it: its section as a rule, or itself. */
  start(span: Span): Span {
    return isMatched(span) && hasIdentity(span) ? (this.#starts.get(span) ?? span) : span;
  }

  /** A pre span and an offset in it. What has no name the whole kernel knows is counted from the start of its section. */
  locate(span: Span, offset: number): Located {
    if (span.symbols[0] && span.symbols[0].bind !== 0) return { label: this.of(span), addend: offset };
    const start = this.start(span);
    return { label: this.of(start), addend: span.offset - start.offset + offset };
  }

  /** What a reference of the pre unit means. */
  target(target: Target): Located {
    return target.span ? this.locate(target.span, target.offset) : { label: globalLabel(target.name), addend: target.offset };
  }
}

/** The labels of what an update is matched with; both of its modules go by them. */
export function preLabels({ pre, objectPath, inPlace, options }: Comparison): Labels {
  const alone = [...inPlace.keys(), ...options.matchEarly].filter((span) => span.kind === 'data');
  return new Labels(pre, objectPath, new Set(alone));
}

/** Whether run-pre matching looks for the span. Others are found by name or by what refers to them. */
export function isMatched(span: Span): boolean {
  return (span.kind === 'text' || span.kind === 'rodata' || span.kind === 'string' || span.kind === 'data') && span.size > 0;
}
