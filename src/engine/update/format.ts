import { HOOK_KINDS, type HookKind } from '../diff/hooks.ts';

/** Numbers of include/linux/ksplice.h, the format of the modules. */
export const KSPLICE_MAGIC = 0x4c50534b;
export const KSPLICE_API_VERSION = 4;
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
/** Data that is matched in the first round. */
export const SECTION_EARLY = 1;
export const PATCH = { replace: 1, retire: 2, delete: 3, data: 4, bug: 5 } as const;
export const EXPORT = { add: 1, remove: 2 } as const;
/** In the order of HOOK_KINDS, from 1 on. */
export const HOOK = Object.fromEntries(HOOK_KINDS.map((kind, index) => [kind, index + 1])) as Readonly<Record<HookKind, number>>;
export const ROLE = { new: 1, old: 2 } as const;

/** Bytes of the structures. */
export const SIZE = {
  symbol: 16,
  reloc: 16,
  site: 44,
  section: 40,
  patch: 28,
  range: 12,
  hook: 12,
  export: 16,
  code: 104,
} as const;

/** What an update changes: the kernel, or a module by the name it has in /proc/modules. */
export const KERNEL_TARGET = 'vmlinux';
/** Bytes of a module's name, NUL included. */
const MODULE_NAME_LEN = 60;

/** What an update's id may be: it becomes part of module, file and directory names. */
export function isUpdateId(id: string): boolean {
  return /^[a-z0-9_]+$/.test(id) && id.length < KSPLICE_ID_LEN;
}

/** How the kernel lists a module of an update. */
export function moduleName(id: string, target: string, role: keyof typeof ROLE): string {
  return `ksplice_${id}_${target}_${role}`;
}

/** The name of its file. */
export function moduleFile(id: string, target: string, role: keyof typeof ROLE): string {
  return `ksplice-${id}_${target}-${role}.ko`;
}

/** Whether an update of this id can have this target. */
export function isTarget(target: string, id: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(target) && moduleName(id, target, 'new').length < MODULE_NAME_LEN;
}

/** The name an export has in new_code until the update is applied: in the same order as the names themselves. */
export function hiddenName(id: string, name: string): string {
  return `DISABLED_${id}_${name}`;
}

/** The name a removed export has while the update is applied: sorted right behind its own, as ! comes before all that a name may hold. */
export function removedName(id: string, name: string): string {
  return `${name}!${id}`;
}
