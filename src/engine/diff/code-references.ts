import type { ElfRelocation, ElfSection } from '../elf/object.ts';
import { isRelative, toReference, type AddressMap, type Field } from './address.ts';
import { decode } from './instruction.ts';
import type { Reference } from './span.ts';

/** Of a branch: it counts from the end of its 32-bit field, which is its own end. */
const BRANCH_BIAS = -4;

/**
 * Finds what the addends of distances in code owe to their instructions: the processor counts from the end of the instruction, behind which an
 * immediate may still follow the field (`cmpl $1, x(%rip)`). Walks code once, for fields in rising order.
 */
export class BiasFinder {
  #offset = 0;

  constructor(
    readonly code: Uint8Array,
    readonly bits: 32 | 64,
  ) {}

  of({ kind, size, branch }: Field, offset: number): number {
    if (!isRelative(kind)) return 0;
    // i386 has no operands relative to the instruction pointer, only branches.
    if (this.bits === 32 || branch) return BRANCH_BIAS;
    for (;;) {
      const instruction = decode(this.code, this.#offset, this.bits);
      const end = this.#offset + (instruction?.length ?? Infinity);
      if (end > offset) return end < Infinity && end >= offset + size ? offset - end : BRANCH_BIAS;
      this.#offset = end;
    }
  }
}

/** Index of the first relocation at or behind an offset. */
function firstAt(relocations: readonly ElfRelocation[], offset: number): number {
  let low = 0;
  let high = relocations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((relocations[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Replacement code: a piece of a section with its references, their fields zeroed. Says why if that cannot be understood. */
export function readCode(
  map: AddressMap,
  section: ElfSection,
  start: number,
  size: number,
): { readonly bytes: Uint8Array; readonly references: readonly Reference[] } | { readonly unsupported: string } {
  const bytes = section.data.slice(start, start + size);
  const biases = new BiasFinder(section.data.subarray(start, start + size), map.object.elfClass);
  const references: Reference[] = [];
  for (let index = firstAt(section.relocations, start); ; index++) {
    const relocation = section.relocations[index];
    if (!relocation || relocation.offset >= start + size) return { bytes, references };
    const field = map.field(relocation);
    if (!field) continue;
    if ('unsupported' in field) return { unsupported: `has ${field.unsupported}` };
    const at = relocation.offset - start;
    const reference = toReference(map, relocation, field, at, biases.of(field, at));
    if (!reference || at + field.size > size) return { unsupported: 'refers to something that is not in this object' };
    bytes.fill(0, at, at + field.size);
    references.push(reference);
  }
}
