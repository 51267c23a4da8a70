/** Numbers of include/linux/ksplice.h, the format of the modules. */
export const KSPLICE_MAGIC = 0x4c50534b;
export const KSPLICE_API_VERSION = 3;
/** Bytes of an id, NUL included. */
export const KSPLICE_ID_LEN = 32;
export const KSPLICE_NONE = 0xffffffff;

export const SYMBOL_GLOBAL = 1;
/** Defined weakly: another unit's definition may have replaced it. */
export const SYMBOL_WEAK = 2;

export const RELOC = { abs32: 1, pc32: 2 } as const;
/** How the core fills in a field. */
export type RelocKind = keyof typeof RELOC;
export const SITE = { alternative: 1, lock: 2, jump: 3, bug: 4, extable: 5 } as const;
export const SECTION_KIND = { text: 1, rodata: 2, string: 3, data: 4 } as const;
export const PATCH = { replace: 1, retire: 2 } as const;
export const ROLE = { new: 1, old: 2 } as const;

/** Bytes of the structures. */
export const SIZE = { symbol: 16, reloc: 16, site: 44, section: 36, patch: 24, range: 12, code: 88 } as const;

/** What an update's id may be: it becomes part of module, file and directory names. */
export function isUpdateId(id: string): boolean {
  return /^[a-z0-9_]+$/.test(id) && id.length < KSPLICE_ID_LEN;
}
