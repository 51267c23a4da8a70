/**
 * What a section of a kernel object is for. The table below is complete for the kernels of this project: a name it does not know is refused, because
 * ignoring what we do not understand could leave half of a change behind.
 */
export type SectionClass =
  /** Functions. */
  | 'text'
  /** Constant objects, switch tables, mergeable constants. */
  | 'rodata'
  /** NUL-terminated mergeable strings. */
  | 'string'
  /** Variables. */
  | 'data'
  /** Variables with one copy per processor: found by name, never matched. */
  | 'percpu'
  /** Exported symbols. */
  | 'export'
  /** Entries that point into text and travel with it. */
  | 'table'
  /** Replacement code of alternatives: belongs to their table. */
  | 'replacement'
  /** Code and data that are gone once the kernel has booted, or never get to run. */
  | 'init'
  /** Tables read at boot or build time only. */
  | 'ignored'
  /** The object file's own structure. */
  | 'structure';

interface Rule {
  readonly pattern: RegExp;
  readonly is: SectionClass;
}

const RULES: readonly Rule[] = [
  { pattern: /^$/, is: 'structure' },
  { pattern: /^\.(symtab|strtab|shstrtab|group|symtab_shndx)$/, is: 'structure' },
  { pattern: /^\.rela?[._]/, is: 'structure' },
  { pattern: /^\.(comment|eh_frame|note([.-].*)?|debug_.*|stab.*|gnu\.warning.*)$/, is: 'ignored' },
  { pattern: /^\.note\./, is: 'ignored' },
  { pattern: /^\.gnu\.attributes$/, is: 'ignored' },

  // Gone after boot.
  { pattern: /^\.(init|meminit|head|bstext|inittext|initdata|ref\.init)\.?(text|data|rodata)?(\..*)?$/, is: 'init' },
  { pattern: /^\.(exit|memexit)\.(text|data|rodata)(\..*)?$/, is: 'init' },
  { pattern: /^\.text\.startup(\..*)?$/, is: 'init' },
  { pattern: /^\.altinstr_aux$/, is: 'init' },
  { pattern: /^\.(con_)?initcall.*$/, is: 'ignored' },
  { pattern: /^\.exitcall\.exit$/, is: 'ignored' },
  { pattern: /^\.init\.(setup|ramfs|ramfs\.info)$/, is: 'ignored' },
  {
    pattern:
      /^\.(x86_cpu_dev\.init|apicdrivers|iommu_table.*|x86_trampoline|videocards|header|entrytext|signature|text32|kernel_info)$/,
    is: 'ignored',
  },
  { pattern: /^\.pci_fixup_.*$/, is: 'ignored' },
  {
    pattern:
      /^(\.builtin_fw|\.tracedata|__earlycon_table|__modver|__param|__obsparm|\.modinfo|__kunit.*|___?dyndbg.*|\.printk_index|__kprobe_blacklist|_kprobe_blacklist|_error_injection_whitelist)$/,
    is: 'ignored',
  },
  {
    pattern:
      /^(__.*_of_table|__irqchip_.*|__timer_.*|__clk_.*|__reservedmem_.*|__cpu_method_.*|__thermal_.*|__lsm_.*|\.lsm_info\.init|\.early_lsm_info\.init)$/,
    is: 'ignored',
  },
  { pattern: /^\.discard(\..*)?$/, is: 'ignored' },
  {
    pattern:
      /^(__tracepoints.*|_ftrace_events|_ftrace_eval_map|__trace_printk_fmt|__tracepoint_str|__syscalls_metadata|__bpf_raw_tp_map|__event_.*)$/,
    is: 'ignored',
  },
  { pattern: /^\.static_call(\..*|_tramp_key)$/, is: 'ignored' },
  { pattern: /^\.BTF(_ids|\..*)?$/, is: 'ignored' },
  // What objtool and the compiler derive from the code beside it: it differs where the code does, and is made anew with it.
  {
    pattern:
      /^(\.orc_(unwind|unwind_ip|header|lookup)|\.(retpoline|return|call|cfi)_sites|\.ibt_endbr_seal|\.kcfi_traps|__mcount_loc|__patchable_function_entries)$/,
    is: 'ignored',
  },
  { pattern: /^\.(init_array|ctors)(\..*)?$/, is: 'init' },
  { pattern: /^\.llvm\..*$|^\.llvm_.*$/, is: 'ignored' },
  { pattern: /^\.vvar_.*$/, is: 'data' },

  { pattern: /^___k(symtab|crctab)(_gpl)?(\+.*)?$/, is: 'export' },
  { pattern: /^__k(symtab|crctab)(_gpl)?$/, is: 'export' },
  { pattern: /^__ksymtab_strings$/, is: 'ignored' },

  { pattern: /^(\.altinstructions|\.smp_locks|__bug_table|__ex_table|__jump_table)$/, is: 'table' },
  { pattern: /^(\.parainstructions|\.static_call_sites)$/, is: 'table' },
  { pattern: /^\.altinstr_replacement$/, is: 'replacement' },

  { pattern: /^\.data\.\.percpu(\.\..*)?$/, is: 'percpu' },
  {
    pattern:
      /^\.(text|noinstr\.text|sched\.text|spinlock\.text|kprobes\.text|cpuidle\.text|entry\.text|irqentry\.text|softirqentry\.text|ref\.text)(\..*)?$/,
    is: 'text',
  },
  { pattern: /^\.rodata\.(.*\.)?str\d+\.\d+$/, is: 'string' },
  { pattern: /^\.rodata(\..*)?$/, is: 'rodata' },
  { pattern: /^\.data\.rel\.ro(\..*)?$/, is: 'rodata' },
  { pattern: /^__(stop|dl|rt|fair|idle)_sched_class$/, is: 'rodata' },
  { pattern: /^\.(data|bss|ref\.data)(\..*)?$/, is: 'data' },
  { pattern: /^\.(data|bss)\.\..*$/, is: 'data' },
];

/** The class of a section name, or undefined: unknown. */
export function classify(name: string): SectionClass | undefined {
  return RULES.find((rule) => rule.pattern.test(name))?.is;
}
