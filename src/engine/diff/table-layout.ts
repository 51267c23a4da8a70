import type { ElfRelocation, ElfSection } from '../elf/object.ts';

/** Where the fields of an entry of a special table are. The entry's first pointer is the place in code that it is about. */
export type TableLayout = { readonly size: number; readonly pointers: readonly number[] } & (
  | {
      readonly kind: 'alternative';
      /** `cpuid` has 16 bits, or 32 with the flags in the upper half. */
      readonly cpuid: { readonly at: number; readonly wide: boolean };
      readonly length: number;
      readonly replacementLength: number;
    }
  | { readonly kind: 'lock' }
  | { readonly kind: 'bug'; readonly file: number | undefined; readonly line: number | undefined; readonly flags: number }
  | { readonly kind: 'extable'; readonly data: number | undefined; readonly handler: number | undefined }
  | { readonly kind: 'jump'; readonly target: number; readonly key: number }
  | { readonly kind: 'paravirt'; readonly type: number; readonly length: number }
  | { readonly kind: 'static-call'; readonly key: number }
);

type Layouts = Readonly<Record<string, readonly TableLayout[]>>;

/** The layouts of 6.1 on i386 (struct alt_instr, smp lock offsets, bug_entry, exception_table_entry, jump_entry): those the core in the guest knows. */
const I386: Layouts = {
  '.altinstructions': [
    { kind: 'alternative', size: 12, pointers: [0, 4], cpuid: { at: 8, wide: false }, length: 10, replacementLength: 11 },
  ],
  '.smp_locks': [{ kind: 'lock', size: 4, pointers: [0] }],
  __bug_table: [{ kind: 'bug', size: 12, pointers: [0, 4], file: 4, line: 8, flags: 10 }],
  __ex_table: [{ kind: 'extable', size: 12, pointers: [0, 4], data: 8, handler: undefined }],
  __jump_table: [{ kind: 'jump', size: 12, pointers: [0, 4, 8], target: 4, key: 8 }],
};

/** The layouts that kernels have had on x86-64, the one of 6.1 first; with struct paravirt_patch_site and static_call_site. */
const X86_64: Layouts = {
  ...I386,
  '.altinstructions': [
    ...(I386['.altinstructions'] ?? []),
    // Until 5.13, with the length of the padding at the end.
    { kind: 'alternative', size: 13, pointers: [0, 4], cpuid: { at: 8, wide: false }, length: 10, replacementLength: 11 },
    // From 6.3 on.
    { kind: 'alternative', size: 14, pointers: [0, 4], cpuid: { at: 8, wide: true }, length: 12, replacementLength: 13 },
  ],
  __bug_table: [
    ...(I386['__bug_table'] ?? []),
    // Without CONFIG_DEBUG_BUGVERBOSE.
    { kind: 'bug', size: 8, pointers: [0], file: undefined, line: undefined, flags: 4 },
  ],
  __ex_table: [
    ...(I386['__ex_table'] ?? []),
    // From 4.6 to 5.15 the handler was named.
    { kind: 'extable', size: 12, pointers: [0, 4, 8], data: undefined, handler: 8 },
    { kind: 'extable', size: 8, pointers: [0, 4], data: undefined, handler: undefined },
  ],
  __jump_table: [
    { kind: 'jump', size: 16, pointers: [0, 4, 8], target: 4, key: 8 },
    // Until 4.19 all three were absolute.
    { kind: 'jump', size: 24, pointers: [0, 8, 16], target: 8, key: 16 },
  ],
  '.parainstructions': [{ kind: 'paravirt', size: 16, pointers: [0], type: 8, length: 9 }],
  '.static_call_sites': [{ kind: 'static-call', size: 8, pointers: [0, 4], key: 4 }],
};

/**
 * The layout of a table, from the object's own evidence: its relocations stand where the layout has pointers, in each entry, and nowhere else, and
 * its entries fill it. `sh_entsize`, where newer kernels set it, must agree. Undefined: no layout fits.
 */
export function tableLayout(
  section: ElfSection,
  relocations: readonly ElfRelocation[],
  elfClass: 32 | 64,
): TableLayout | undefined {
  return (elfClass === 64 ? X86_64 : I386)[section.name]?.find((layout) => fits(layout, section, relocations));
}

function fits({ size, pointers }: TableLayout, section: ElfSection, relocations: readonly ElfRelocation[]): boolean {
  if (section.entsize !== 0 && section.entsize !== size) return false;
  if (section.size % size !== 0 || relocations.length !== (section.size / size) * pointers.length) return false;
  return relocations.every((relocation, index) => {
    const entry = Math.floor(index / pointers.length);
    return relocation.offset === entry * size + (pointers[index % pointers.length] ?? 0);
  });
}
