import { EM_386, SHN_ABS, SHN_COMMON, SHN_UNDEF, STT_SECTION } from '../elf/constants.ts';
import type { ElfObject, ElfRelocation } from '../elf/object.ts';
import { relocationKinds, type RelocationKind } from '../elf/relocation-kind.ts';
import type { Reference, ReferenceKind, Span, Target } from './span.ts';

const NO_SPANS: readonly Span[] = [];

/** Spans by section and offset, and the meaning of relocations in their terms. */
export class AddressMap {
  /** By section. */
  readonly #spans: Span[][] = [];
  /** By symbol: what it meant with the addend it was last asked for with, which mostly is the next one too. */
  readonly #targets: { readonly addend: number; readonly target: Target | undefined }[] = [];
  readonly #kinds: ReadonlyMap<number, Meaning>;

  constructor(
    readonly object: ElfObject,
    spans: readonly Span[],
  ) {
    for (const span of spans) {
      const list = this.#spans[span.section.index];
      if (list) list.push(span);
      else this.#spans[span.section.index] = [span];
    }
    const kinds = [...relocationKinds(object.machine)];
    this.#kinds = new Map(kinds.map(([type, kind]) => [type, meaning(object.machine, kind)]));
  }

  spansOf(section: number): readonly Span[] {
    return this.#spans[section] ?? NO_SPANS;
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
    const known = this.#targets[symbolIndex];
    if (known?.addend === addend) return known.target;
    const target = this.#target(symbolIndex, addend);
    this.#targets[symbolIndex] = { addend, target };
    return target;
  }

  #target(symbolIndex: number, addend: number): Target | undefined {
    const symbol = this.object.symbols[symbolIndex];
    if (!symbol || symbol.section === SHN_ABS || symbol.section === SHN_COMMON) return undefined;
    if (symbol.section === SHN_UNDEF) return { span: undefined, name: symbol.name, offset: addend };
    if (symbol.type === STT_SECTION) return this.at(symbol.section, addend);
    // A named symbol keeps its symbol, however far the addend leads away from it.
    const found = this.at(symbol.section, symbol.value);
    return found && { span: found.span, offset: found.offset + addend };
  }

  /** What the field of a relocation holds, or why that cannot be one of ours. Undefined: nothing to relocate. */
  field(relocation: ElfRelocation): Field | { readonly unsupported: string } | undefined {
    const found = this.#kinds.get(relocation.type);
    if (found === undefined) return { unsupported: `relocation type ${relocation.type}` };
    return found === 'nothing' ? undefined : found;
  }
}

/** A kind of field; one object per type of relocation. */
export interface Field {
  readonly kind: ReferenceKind;
  readonly size: 1 | 2 | 4 | 8;
  /** Only branches have this type of relocation (PLT32). */
  readonly branch: boolean;
}

type Meaning = Field | { readonly unsupported: string } | 'nothing';

const PREFIX = { address: 'abs', distance: 'pc', got: 'got' } as const;

/** The core in the guest fills in fields of 32 bits; other sizes are understood where updates are only compared, on x86-64. */
function meaning(machine: number, { name, size, value }: RelocationKind): Meaning {
  const unsupported = { unsupported: `relocation type ${machine === EM_386 ? 'R_386' : 'R_X86_64'}_${name}` };
  if (value === 'nothing' || size === 0) return 'nothing';
  if (value === 'other' || (machine === EM_386 && size !== 4)) return unsupported;
  return { kind: `${PREFIX[value]}${size * 8}` as ReferenceKind, size, branch: name === 'PLT32' };
}

/** Whether the processor counts from the end of the instruction, rather than from the field. */
export function isRelative(kind: ReferenceKind): boolean {
  return !kind.startsWith('abs');
}

/** A field as a reference; `bias` is the part of the addend that belongs to the instruction. */
export function toReference(
  map: AddressMap,
  { symbol, addend }: ElfRelocation,
  { size, kind }: Field,
  offset: number,
  bias: number,
): Reference | undefined {
  const target = map.target(symbol, addend - bias);
  return target && { offset, size, kind, target, bias, implicit: false };
}

/** Shifts a target, keeping what it is counted from. */
export function moved(target: Target, by: number): Target {
  return target.span ? { span: target.span, offset: target.offset + by } : { ...target, offset: target.offset + by };
}
