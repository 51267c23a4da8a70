/**
 * A relocatable object, as data: one model for both classes and for REL and RELA. The reader makes it, the writer takes it.
 * Contents of sections are views into the bytes that were read: whoever changes those changes the object.
 */
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
  /** Contents, not copied; empty for SHT_NOBITS. */
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
  /** An offset in its section (gABI, "Symbol Values" of relocatable files); an absolute one may be negative. */
  readonly value: number;
  readonly size: number;
  /** STB_… */
  readonly bind: number;
  /** STT_… */
  readonly type: number;
  readonly visibility: number;
  /** Section index, or SHN_UNDEF, SHN_ABS, SHN_COMMON. */
  readonly section: number;
  /**
   * Of a local symbol: the name of the STT_FILE symbol before it, which is the source file it is from (gABI: that symbol "precedes the other
   * STB_LOCAL symbols for the file"). What `ld -r` made of several objects has several.
   */
  readonly file: string | undefined;
}

export interface ElfRelocation {
  readonly offset: number;
  /** R_386_…, R_X86_64_…: relocation-kind.ts tells what it means. */
  readonly type: number;
  /** Index into the symbols. */
  readonly symbol: number;
  /**
   * The number that is added to the symbol's value. A RELA entry holds it; that of a REL entry was read from the field, signed (gABI, "Relocation":
   * "Entries of type Elf32_Rel … store an implicit addend in the location to be modified"). 0 for an unknown type of a REL entry.
   */
  readonly addend: number;
}
