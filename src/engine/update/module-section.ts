import { R_386_32, R_386_PC32 } from '../elf/constants.ts';

/** A place in a module that is not finished yet: a section and an offset in it. */
export interface Place {
  readonly section: ModuleSection;
  readonly offset: number;
}

/** What a field of the module refers to: a place in it, or a symbol by name, which the loader finds if the module does not define it. */
export type Referent = Place | { readonly symbol: string };

export interface Fixup {
  readonly offset: number;
  readonly type: number;
  readonly to: Referent;
  /** Counted from the start of the section that `to` is in, or from the symbol. */
  readonly addend: number;
}

/** A section of a module as it grows. Fields with references get ordinary ELF relocations. */
export class ModuleSection {
  readonly fixups: Fixup[] = [];
  #bytes = new Uint8Array(256);
  #size = 0;

  constructor(
    readonly name: string,
    readonly flags: number,
    readonly align: number,
    readonly nobits = false,
  ) {}

  get size(): number {
    return this.#size;
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  /** Pads with `fill` to a multiple of `align`. */
  alignTo(align: number, fill = 0): void {
    while (this.#size % align !== 0) this.#push(Uint8Array.of(fill));
  }

  append(bytes: Uint8Array): Place {
    const offset = this.#size;
    this.#push(bytes);
    return { section: this, offset };
  }

  /** Room that holds zeros. */
  reserve(size: number): Place {
    const offset = this.#size;
    if (this.nobits) this.#size += size;
    else this.#push(new Uint8Array(size));
    return { section: this, offset };
  }

  u32(...values: readonly number[]): Place {
    const bytes = new Uint8Array(values.length * 4);
    const view = new DataView(bytes.buffer);
    values.forEach((value, index) => view.setUint32(index * 4, value >>> 0, true));
    return this.append(bytes);
  }

  set32(offset: number, value: number): void {
    new DataView(this.#bytes.buffer).setUint32(offset, value >>> 0, true);
  }

  /** Appends a pointer, or NULL. */
  pointer(to: Referent | undefined): void {
    const { offset } = this.u32(0);
    if (to) this.refer(offset, 'abs32', to, 0);
  }

  /** Makes the field at `offset` refer to something + addend. */
  refer(offset: number, kind: 'abs32' | 'pc32', to: Referent, addend: number): void {
    // References into the module are made through section symbols: the offset in the section is part of the addend.
    const type = kind === 'abs32' ? R_386_32 : R_386_PC32;
    this.fixups.push({ offset, type, to, addend: 'section' in to ? to.offset + addend : addend });
  }

  #push(bytes: Uint8Array): void {
    const end = this.#size + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = end;
  }
}
