/** Names that GCC gives to pieces and copies of functions, and to static variables of functions. */

/** `f.cold`, `f.cold.3`: code of f that was moved out of its way. */
export function coldParent(name: string): string | undefined {
  return /^(.+)\.cold(\.\d+)?$/.exec(name)?.[1];
}

/**
 * The function a piece belongs to, as a C programmer wrote it: `.cold` and `.part.N` are pieces and fall away, while `.isra.N` and `.constprop.N`
 * are functions of their own (the same source, another signature) and stay.
 */
export function ownerName(name: string): string {
  return name.replace(/\.(cold(\.\d+)?|part\.\d+)/g, '');
}

/** The name without any suffix GCC gave it. */
export function sourceName(name: string): string {
  return name.replace(/\.(cold(\.\d+)?|(part|isra|constprop|lto_priv|localalias)(\.\d+)?)/g, '');
}

/** The kind of clone, numbers left out: `f.isra`, `f.part`, `f.constprop.cold`. Undefined for what is no clone. */
export function cloneKey(name: string): string | undefined {
  if (!/\.(part|isra|constprop)\.\d+/.test(name)) return undefined;
  return name.replace(/\.(part|isra|constprop|cold)\.\d+/g, '.$1');
}

/**
 * The name of a static variable of a function without what compilers number: `count.3` of GCC and `f.count.1` of clang are `count` and `f.count`;
 * `__UNIQUE_ID_ddebug128.4` is `__UNIQUE_ID_ddebug`. Undefined for other names.
 */
export function staticLocalBase(name: string): string | undefined {
  const unique = /^((?:\w+\.)?__UNIQUE_ID_\w*?)\d+(?:\.\d+)?$/.exec(name);
  if (unique) return unique[1];
  return /^(.*[^.\d].*?)(?:\.\d+)+$/.exec(name)?.[1] ?? /^[A-Za-z_]\w*\.[A-Za-z_]\w*$/.exec(name)?.[0];
}

/**
 * Static variables that macros of the kernel make for one place in the code, and that hold nothing to lose: whether a warning was given, how often a
 * message came, an address that stands for a lock. It does not matter which of several of one name is which.
 */
export function isThrowAway(base: string): boolean {
  return /^(\w+\.)?(__already_done|__warned|__print_once|__key|_rs|__func__|__FUNCTION__|__PRETTY_FUNCTION__|__msg|_entry|_entry_ptr|descriptor|__UNIQUE_ID_\w+)$/.test(
    base,
  );
}

/**
 * What is left of a constant or record that the compiler made and gave a name of the assembler only (`.L…`, not in the symbol table): its section
 * under -fdata-sections. `.rodata..L__unnamed_7`, `.rodata..Lswitch.table.f.3`, `.data..Lubsan_data4` without the number; undefined for other sections.
 */
export function privateBase(section: string): string | undefined {
  return /^(\.(?:data|rodata|bss)(?:\.rel(?:\.ro)?(?:\.local)?)?\.\.L.*?)\.?\d*$/.exec(section)?.[1];
}
