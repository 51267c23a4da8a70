import { SHF_MERGE, SHF_STRINGS, SHT_NOBITS, STB_LOCAL, STT_FUNC, STT_NOTYPE, STT_OBJECT } from '../elf/constants.ts';
import type { ElfSection, ElfSymbol } from '../elf/object.ts';
import type { SectionClass } from './section-class.ts';
import type { Span, SpanKind } from './span.ts';

const KIND_OF: Partial<Record<SectionClass, SpanKind>> = {
  text: 'text',
  rodata: 'rodata',
  string: 'string',
  data: 'data',
  percpu: 'percpu',
  init: 'opaque',
  ignored: 'opaque',
  export: 'opaque',
  hook: 'opaque',
  option: 'opaque',
  replacement: 'opaque',
  table: 'opaque',
};

/** Shared by all spans that have none. */
const NONE: readonly never[] = [];

/**
 * Cuts a section into spans that cover it without gap or overlap, sorted by offset. `symbols` are those defined in the section. Undefined: that would
 * be more than `limit` spans.
 */
export function splitSection(
  section: ElfSection,
  is: SectionClass,
  symbols: readonly ElfSymbol[],
  bits: 32 | 64,
  limit: number,
): Span[] | undefined {
  const kind = KIND_OF[is];
  if (!kind) return [];
  const starts = startsOf(section, kind, symbols);
  return starts.length > limit ? undefined : splitAt(section, is, starts, symbols, bits);
}

function startsOf(section: ElfSection, kind: SpanKind, symbols: readonly ElfSymbol[]): number[] {
  if (kind === 'string') return stringStarts(section);
  const mergeable = (section.flags & SHF_MERGE) !== 0 && (section.flags & SHF_STRINGS) === 0 && section.entsize > 1;
  if (kind === 'rodata' && mergeable && section.data.length === section.size && section.size % section.entsize === 0)
    return constantStarts(section);
  return symbolStarts(section, kind, symbols);
}

/** A string begins at 0 and, aligned as the section is, after each NUL; alignment padding belongs to the string before it. */
function stringStarts(section: ElfSection): number[] {
  const align = Math.max(1, section.align);
  const starts: number[] = [];
  for (let at = 0; at < section.data.length;) {
    starts.push(at);
    const end = section.data.indexOf(0, at);
    if (end < 0) break;
    at = Math.ceil((end + 1) / align) * align;
  }
  return starts;
}

function constantStarts(section: ElfSection): number[] {
  return Array.from({ length: section.size / section.entsize }, (_, index) => index * section.entsize);
}

function symbolStarts(section: ElfSection, kind: SpanKind, symbols: readonly ElfSymbol[]): number[] {
  if (section.size === 0 && symbols.length === 0) return [];
  // One function or variable, as -ffunction-sections and -fdata-sections make it.
  if (symbols.every((symbol) => symbol.value === 0)) return [0];
  const starts = new Set([0]);
  // Ends of the functions that begin before the place reached so far.
  let covered = 0;
  const functions = symbols.filter((symbol) => symbol.type === STT_FUNC).sort((a, b) => a.value - b.value);
  let next = 0;
  for (const symbol of symbols.toSorted((a, b) => a.value - b.value)) {
    for (let other = functions[next]; other && other.value < symbol.value; other = functions[++next])
      covered = Math.max(covered, other.value + other.size);
    if (symbol.value < section.size && names(kind, symbol, symbol.value < covered)) starts.add(symbol.value);
  }
  return [...starts];
}

/** Whether a symbol begins a span. Labels inside of functions do not; in assembler files without types, global symbols do. */
function names(kind: SpanKind, symbol: ElfSymbol, inside: boolean): boolean {
  if (symbol.type === STT_FUNC || symbol.type === STT_OBJECT) return !inside;
  if (symbol.type !== STT_NOTYPE) return false;
  return symbol.bind !== STB_LOCAL ? !inside : kind === 'opaque';
}

function splitAt(
  section: ElfSection,
  is: SectionClass,
  starts: readonly number[],
  symbols: readonly ElfSymbol[],
  bits: 32 | 64,
): Span[] {
  const kind = KIND_OF[is] ?? 'opaque';
  const bySymbolStart = new Map<number, ElfSymbol[]>();
  for (const symbol of symbols) {
    if (symbol.type !== STT_FUNC && symbol.type !== STT_OBJECT && symbol.type !== STT_NOTYPE) continue;
    const list = bySymbolStart.get(symbol.value);
    if (list) list.push(symbol);
    else bySymbolStart.set(symbol.value, [symbol]);
  }
  return starts.map((offset, index): Span => {
    const end = starts[index + 1] ?? section.size;
    return {
      kind,
      section,
      sectionClass: is,
      bits,
      offset,
      size: end - offset,
      bytes: contents(section, offset, end),
      symbols: bySymbolStart.get(offset)?.sort(bySignificance) ?? NONE,
      references: NONE,
      sites: NONE,
      partner: undefined,
      decidedBy: undefined,
    };
  });
}

/** A view costs more than many a span has bytes: a span that is all of its section needs none of its own. */
function contents(section: ElfSection, start: number, end: number): Uint8Array | undefined {
  if (section.type === SHT_NOBITS) return undefined;
  return start === 0 && end === section.data.length ? section.data : section.data.subarray(start, end);
}

/** Global names first, then typed ones, then in table order. */
function bySignificance(a: ElfSymbol, b: ElfSymbol): number {
  const rank = (symbol: ElfSymbol): number => (symbol.bind === STB_LOCAL ? 2 : 0) + (symbol.type === STT_NOTYPE ? 1 : 0);
  return rank(a) - rank(b) || a.index - b.index;
}
