/** A relocatable object, as data. The reader makes it, the writer takes it; nothing in it points back into a file. */
export interface ElfObject {
  readonly elfClass: 32 | 64;
  /** EM_386, EM_X86_64, … */
  readonly machine: number;
  /** e_flags. */
  readonly flags: number;
  /** By section index; entry 0 is the null section. */
  readonly sections: readonly ElfSection[];
  /** By symbol index; entry 0 is the null symbol. Empty if the object has no symbol table. */
  readonly symbols: readonly ElfSymbol[];
}

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** SHT_… */
  readonly type: number;
  /** SHF_… */
  readonly flags: number;
  readonly size: number;
  /** Contents; empty for SHT_NOBITS. */
  readonly data: Uint8Array;
  readonly align: number;
  readonly entsize: number;
  readonly link: number;
  readonly info: number;
  /** Relocations that apply to this section, sorted by offset; those of one offset keep their order. */
  readonly relocations: readonly ElfRelocation[];
}

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly value: number;
  readonly size: number;
  /** STB_… */
  readonly bind: number;
  /** STT_… */
  readonly type: number;
  readonly visibility: number;
  /** Section index, or SHN_UNDEF, SHN_ABS, SHN_COMMON. */
  readonly section: number;
}

export interface ElfRelocation {
  readonly offset: number;
  /** R_386_… or the like. */
  readonly type: number;
  /** Index into the symbols. */
  readonly symbol: number;
  /** RELA: the addend. REL: undefined, the addend is in the field itself. */
  readonly addend?: number;
}
