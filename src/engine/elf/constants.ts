/** Numbers of the ELF specification (gABI) that this project uses, under their own names. */

export const ELFCLASS32 = 1;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const EV_CURRENT = 1;

export const ET_REL = 1;

export const EM_386 = 3;
export const EM_X86_64 = 62;

export const SHT_NULL = 0;
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
export const SHT_GROUP = 17;
export const SHT_SYMTAB_SHNDX = 18;

export const SHF_WRITE = 0x1;
export const SHF_ALLOC = 0x2;
export const SHF_EXECINSTR = 0x4;
export const SHF_MERGE = 0x10;
export const SHF_STRINGS = 0x20;
export const SHF_INFO_LINK = 0x40;
export const SHF_LINK_ORDER = 0x80;

/**
 * Section numbers with a meaning of their own. The file holds their low 16 bits. In memory they lie above every number that a section can
 * have: an object with more than 65,279 sections has ordinary ones with the numbers 0xff00 to 0xffff.
 */
export const SHN_LORESERVE = 0xffffff00;
export const SHN_ABS = 0xfffffff1;
export const SHN_COMMON = 0xfffffff2;
/** Belongs to no range: it is the number of the null section. */
export const SHN_UNDEF = 0;

export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;
export const STB_WEAK = 2;

export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const STT_FILE = 4;

export const R_386_32 = 1;
export const R_386_PC32 = 2;
