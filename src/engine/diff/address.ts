import { R_386_32, R_386_NONE, R_386_PC32, R_386_PLT32, SHN_ABS, SHN_COMMON, SHN_UNDEF, STT_SECTION } from '../elf/constants.ts';
import type { ElfObject, ElfRelocation, ElfSection } from '../elf/object.ts';
import { View } from '../elf/view.ts';
import type { Reference, Span, Target } from './span.ts';

/** Spans by section and offset, and the meaning of relocations in their terms. */
export class AddressMap {
  readonly #spans = new Map<number, Span[]>();

  constructor(
    readonly object: ElfObject,
    spans: readonly Span[],
  ) {
    for (const span of spans) {
      const list = this.#spans.get(span.section.index);
      if (list) list.push(span);
      else this.#spans.set(span.section.index, [span]);
    }
  }

  spansOf(section: number): readonly Span[] {
    return this.#spans.get(section) ?? [];
  }

  /** The span at an offset of a section. What lies before its start or past its end is counted from the first or last span. */
  at(section: number, offset: number): { span: Span; offset: number } | undefined {
    const spans = this.spansOf(section);
    let low = 0;
    let high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((spans[middle]?.offset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const span = spans[low];
    return span && { span, offset: offset - span.offset };
  }

  /** What symbol + addend means. Undefined: absolute or in a section without spans. */
  target(symbolIndex: number, addend: number): Target | undefined {
    const symbol = this.object.symbols[symbolIndex];
    if (!symbol || symbol.section === SHN_ABS || symbol.section === SHN_COMMON) return undefined;
    if (symbol.section === SHN_UNDEF) return { span: undefined, name: symbol.name, offset: addend };
    if (symbol.type === STT_SECTION) return this.at(symbol.section, addend);
    // A named symbol keeps its symbol, however far the addend leads away from it.
    const found = this.at(symbol.section, symbol.value);
    return found && { span: found.span, offset: found.offset + addend };
  }
}

export interface Field {
  readonly relocation: ElfRelocation;
  readonly kind: 'abs32' | 'pc32';
  readonly addend: number;
}

/** Reads the field of a relocation, or says why it cannot be one of ours. Undefined: nothing to relocate. */
export function readField(section: ElfSection, relocation: ElfRelocation): Field | { readonly unsupported: string } | undefined {
  if (relocation.type === R_386_NONE) return undefined;
  const kind =
    relocation.type === R_386_32
      ? 'abs32'
      : relocation.type === R_386_PC32 || relocation.type === R_386_PLT32
        ? 'pc32'
        : undefined;
  if (!kind) return { unsupported: `relocation type ${relocation.type}` };
  const addend = relocation.addend ?? new View(section.data).s32(relocation.offset);
  if (addend === undefined) return { unsupported: 'a field that does not fit into the section' };
  return { relocation, kind, addend };
}

/** A field as a reference; `bias` is the part of the addend that belongs to the instruction. */
export function toReference(map: AddressMap, field: Field, offset: number, bias: number): Reference | undefined {
  const target = map.target(field.relocation.symbol, field.addend - bias);
  return target && { offset, kind: field.kind, target, bias, implicit: false };
}

/** Shifts a target, keeping what it is counted from. */
export function moved(target: Target, by: number): Target {
  return target.span ? { span: target.span, offset: target.offset + by } : { ...target, offset: target.offset + by };
}
