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
  /** Functions that the core calls while it applies or reverses the update. */
  | 'hook'
  /** What the author asks for with single variables. */
  | 'option'
  /** Entries that point into text and travel with it. */
  | 'table'
  /** Replacement code of alternatives: belongs to their table. */
  | 'replacement'
  /** Code and data that are gone once the kernel has booted, or never get to run. */
  | 'init'
  /** Not carried into an update: `SectionRule.change` tells what becomes of a difference. */
  | 'ignored'
  /** The object file's own structure. */
  | 'structure';

export interface SectionRule {
  readonly pattern: RegExp;
  readonly is: SectionClass;
  /** What is in such sections. */
  readonly about: string;
  /**
   * Of what is not carried into an update, what a difference means: nothing to a running kernel, as it follows from code that is compared or is for
   * tools (`silent`); something that only boot sees (`note`); something a running kernel reads (`refuse`).
   */
  readonly change?: 'silent' | 'note' | 'refuse';
  /** Why its code cannot be replaced: of each symbol in it, by the first pattern that fits. */
  readonly fixed?: readonly Fixed[];
}

interface Fixed {
  readonly symbol: RegExp;
  readonly because: string;
}

const TOOLS = 'for tools, not in the running kernel';
const DERIVED = 'derived from the code beside it';
const BOOT = 'read while the kernel boots';
const RUN = 'a table that the running kernel reads and an update cannot extend';

const rule = (pattern: RegExp, is: SectionClass, about: string, rest: Partial<SectionRule> = {}): SectionRule => ({
  pattern,
  is,
  about,
  ...rest,
});
const ignored = (change: SectionRule['change'], about: string, pattern: RegExp): SectionRule =>
  rule(pattern, 'ignored', about, { change });
const fixed = (pattern: RegExp, ...reasons: readonly Fixed[]): SectionRule =>
  rule(pattern, 'text', 'code at a fixed place', { fixed: reasons });

/** The first rule that fits a name holds. */
export const SECTION_RULES: readonly SectionRule[] = [
  rule(/^$/, 'structure', 'the null section'),
  rule(/^\.(symtab|strtab|shstrtab|group|symtab_shndx)$/, 'structure', 'symbols and names'),
  rule(/^\.rela?[._]/, 'structure', 'relocations'),
  ignored('silent', TOOLS, /^\.(comment|eh_frame|debug_.*|zdebug_.*|stab.*|gnu\.warning.*|gnu\.attributes|gnu_debug.*)$/),
  ignored('silent', TOOLS, /^\.note([.-].*)?$/),
  ignored('silent', TOOLS, /^\.llvm[._].*$/),
  ignored('silent', TOOLS, /^\.discard(\..*)?$/),
  ignored('silent', TOOLS, /^\.gnu\.(lto|debuglto)_.*$/),
  ignored('silent', TOOLS, /^\.BTF(\.ext|\.base)?$/),
  ignored('refuse', RUN, /^\.BTF_ids$/),

  // Gone after boot.
  rule(/^\.init\.(setup|ramfs|ramfs\.info)$/, 'ignored', BOOT, { change: 'note' }),
  rule(/^\.(init|meminit|head|bstext|inittext|initdata|ref\.init)\.?(text|data|rodata)?(\..*)?$/, 'init', BOOT, {
    change: 'note',
  }),
  rule(/^\.(exit|memexit)\.(text|data|rodata)(\..*)?$/, 'init', 'for leaving, which a kernel never does', { change: 'note' }),
  rule(/^\.text\.startup(\..*)?$/, 'init', BOOT, { change: 'note' }),
  rule(/^\.(init_array|ctors)(\..*)?$/, 'init', BOOT, { change: 'note' }),
  rule(/^\.altinstr_aux$/, 'init', 'way of static_cpu_has() before alternatives are applied', { change: 'silent' }),
  ignored('note', BOOT, /^\.(con_)?initcall.*$/),
  ignored('note', BOOT, /^\.exitcall\.exit$/),
  ignored(
    'note',
    BOOT,
    /^\.(x86_cpu_dev\.init|apicdrivers|iommu_table.*|x86_trampoline|videocards|header|entrytext|signature|text32|kernel_info)$/,
  ),
  ignored('note', BOOT, /^(\.builtin_fw|\.tracedata|__earlycon_table|__modver|__obsparm|__kunit.*|\.kunit.*)$/),
  ignored('note', BOOT, /^(__kprobe_blacklist|_kprobe_blacklist|_error_injection_whitelist)$/),
  ignored('note', BOOT, /^(__.*_of_table|__irqchip_.*|__timer_.*|__clk_.*|__reservedmem_.*|__cpu_method_.*|__thermal_.*)$/),
  ignored('note', BOOT, /^(__lsm_.*|\.lsm_info\.init|\.early_lsm_info\.init)$/),
  ignored('silent', 'facts about a module for tools', /^\.modinfo$/),
  ignored('silent', 'names of exported symbols', /^__ksymtab_strings$/),
  ignored('silent', 'index of messages, for tools', /^\.printk_index$/),

  // Read by the running kernel, and out of an update's reach.
  ignored('refuse', RUN, /^\.pci_fixup_.*$/),
  ignored('refuse', RUN, /^__param$/),
  ignored(
    'refuse',
    RUN,
    /^(__tracepoints.*|_ftrace_events|_ftrace_eval_map|__trace_printk_fmt|__tracepoint_str|__syscalls_metadata)$/,
  ),
  ignored('refuse', RUN, /^(__bpf_raw_tp_map|__event_.*)$/),
  // References to them are looked at one by one.
  ignored('silent', 'jumps that the running kernel rewrites, one for each static call', /^\.static_call\.text$/),
  ignored('refuse', RUN, /^\.static_call_tramp_key$/),

  // What objtool and the compiler derive from the code beside it: it differs where the code does, and is made anew with it.
  ignored('silent', DERIVED, /^\.orc_(unwind|unwind_ip|header|lookup)$/),
  ignored('silent', DERIVED, /^\.(retpoline|return|call|cfi)_sites$/),
  ignored('silent', DERIVED, /^(\.ibt_endbr_seal|\.kcfi_traps|__mcount_loc|__patchable_function_entries)$/),

  rule(/^___k(symtab|crctab)(_gpl)?(\+.*)?$/, 'export', 'an exported symbol'),
  rule(/^__k(symtab|crctab)(_gpl)?$/, 'export', 'exported symbols'),

  rule(/^\.ksplice_call_/, 'hook', 'functions that run when the update is applied or reversed'),
  rule(/^\.ksplice_options$/, 'option', 'what is asked for with single variables'),

  rule(/^(\.altinstructions|\.smp_locks|__bug_table|__ex_table|__jump_table)$/, 'table', 'entries that point into code'),
  rule(/^(\.parainstructions|\.static_call_sites)$/, 'table', 'entries that point into code'),
  rule(/^\.altinstr_replacement$/, 'replacement', 'replacement code of alternatives'),

  rule(/^\.data\.\.percpu(\.\..*)?$/, 'percpu', 'variables of each processor'),
  rule(/^___?dyndbg(_classes)?$/, 'data', 'descriptors of dynamic debug messages'),

  fixed(
    /^\.entry\.text(\..*)?$/,
    { symbol: /^entry_/, because: 'every thread in a system call, also the one that applies the update, returns through it' },
    { symbol: /_entries_start$/, because: 'it is a row of entries of which the processor takes one by its number' },
    {
      symbol: /^handle_exception/,
      because: 'threads that wait in a page fault return through it, and the kernel knows such stacks by its address',
    },
    {
      symbol: /^/,
      because:
        'the processor enters it with the registers, and perhaps on the stack, of what it interrupts, even while the machine is stopped',
    },
  ),
  fixed(/^\.text\.\.__x86\./, { symbol: /^/, because: 'the kernel rewrites calls to it when it boots' }),
  rule(
    /^\.(text|noinstr\.text|sched\.text|spinlock\.text|kprobes\.text|cpuidle\.text|irqentry\.text|softirqentry\.text|ref\.text)(\..*)?$/,
    'text',
    'functions, whatever the compiler thinks of how often they run (.text.hot, .text.unlikely), and those kept apart for the kernel’s own reasons',
  ),
  rule(/^\.rodata\.(.*\.)?str\d+\.\d+$/, 'string', 'texts, each known by its contents'),
  rule(/^\.rodata(\..*)?$/, 'rodata', 'constants'),
  rule(/^\.data\.rel\.ro(\..*)?$/, 'rodata', 'constants that hold addresses'),
  rule(/^__(stop|dl|rt|fair|idle)_sched_class$/, 'rodata', 'scheduling classes, in the order of their rank'),
  rule(/^\.vvar_.*$/, 'data', 'variables that programs can read'),
  rule(/^\.(data|bss|ref\.data)(\..*)?$/, 'data', 'variables, also those that are constant after boot (.data..ro_after_init)'),
];

/** What is for leaving, which modules do. */
const MODULE_RULES: readonly SectionRule[] = [
  rule(/^\.exit\.text(\..*)?$/, 'text', 'functions for leaving'),
  rule(/^\.exit\.rodata(\..*)?$/, 'rodata', 'constants for leaving'),
  rule(/^\.exit\.data(\..*)?$/, 'data', 'variables for leaving'),
];

const RULES = { kernel: SECTION_RULES, module: [...MODULE_RULES, ...SECTION_RULES] };

/** Names that were asked for: pre and post of a unit have the same ones, and going through all patterns took 6 % of a comparison. */
const known = { kernel: new Map<string, SectionRule | undefined>(), module: new Map<string, SectionRule | undefined>() };
const MAX_KNOWN = 10_000;

/** The rule for a section name, or undefined: unknown. `inModule`: the object is part of a module. */
export function sectionRule(name: string, inModule = false): SectionRule | undefined {
  const kind = inModule ? 'module' : 'kernel';
  const names = known[kind];
  if (names.has(name)) return names.get(name);
  const rule = RULES[kind].find((candidate) => candidate.pattern.test(name));
  if (names.size >= MAX_KNOWN) names.clear();
  names.set(name, rule);
  return rule;
}

/** Why a symbol of a section cannot be replaced, if that is so. */
export function whyFixed(rule: SectionRule | undefined, symbol: string): string | undefined {
  return rule?.fixed?.find((one) => one.symbol.test(symbol))?.because;
}

/** Code or data that only leaving needs: what is built into a kernel never does. */
export function isExit(name: string): boolean {
  return /^\.(exit|memexit)\./.test(name);
}

/** The class of a section name, or undefined: unknown. */
export function classify(name: string): SectionClass | undefined {
  return sectionRule(name)?.is;
}
