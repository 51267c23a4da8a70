import { SHN_UNDEF, STB_LOCAL, STB_WEAK } from '../elf/constants.ts';
import type { ElfSymbol } from '../elf/object.ts';
import { readElf } from '../elf/reader.ts';
import { failure, success, type Result } from '../failure.ts';
import { KernelSymbols } from '../guest/symbols.ts';
import type { KernelPack } from './pack.ts';

/** The objects of a unit before and after a change. */
interface ChangedUnit {
  readonly path: string;
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/** The objects that the kernel was linked from. */
export interface KernelObjects {
  readonly paths: readonly string[];
  readonly readMany: (paths: readonly string[]) => Promise<Result<ReadonlyMap<string, Uint8Array>>>;
}

/** Global names of a unit, before and after. */
interface UnitSymbols {
  readonly path: string;
  readonly pre: readonly ElfSymbol[];
  readonly post: readonly ElfSymbol[];
}

/**
 * What a linker would say to the changed objects: each name that one of them newly refers to has to be global in the kernel or in
 * another of them (`undefined_symbol`), and none of the names that they no longer define may be needed by another object of the kernel
 * (`removed_symbol`). The kernel built from the changed source would not link either, or do otherwise than the one that runs.
 */
export async function checkLinking(
  pack: KernelPack,
  kernel: KernelObjects,
  units: readonly ChangedUnit[],
): Promise<Result<void>> {
  const symbols: UnitSymbols[] = [];
  for (const { path, pre, post } of units) {
    const before = globals(pre, `${path} (pre)`);
    if (!before.ok) return before;
    const after = globals(post, `${path} (post)`);
    if (!after.ok) return after;
    symbols.push({ path, pre: before.value, post: after.value });
  }
  const defined = new Set(symbols.flatMap(({ post }) => post.filter(isDefined)).map(({ name }) => name));
  const linked = await checkWanted(pack, symbols, defined);
  return linked.ok ? checkRemoved(kernel, symbols, defined) : linked;
}

async function checkWanted(pack: KernelPack, units: readonly UnitSymbols[], defined: ReadonlySet<string>): Promise<Result<void>> {
  const wanted = new Map<string, string>();
  for (const { path, pre, post } of units) {
    const known = new Set(pre.map(({ name }) => name));
    for (const symbol of post) if (isNeeded(symbol) && !known.has(symbol.name)) wanted.set(symbol.name, path);
  }
  const open = [...wanted].filter(([name]) => !defined.has(name));
  if (open.length === 0) return success(undefined);
  const map = await pack.text('systemMap');
  if (!map.ok) return map;
  const symbols = KernelSymbols.parse(map.value);
  if (!symbols.ok) return symbols;
  for (const [name, path] of open) {
    const named = symbols.value.named(name);
    if (named.some(({ type }) => type === type.toUpperCase())) continue;
    return failure('undefined_symbol', `The changed code uses ${name}, which this kernel does not have.`, {
      where: path,
      expected: `a function or variable ${name} that other files can see`,
      found: named.length > 0 ? 'only a static one of another file' : 'none',
      hint: 'The kernel would not link with it. Look for the name in its sources; floating point and 64-bit division need helpers it lacks.',
    });
  }
  return success(undefined);
}

/** Few changes take a name away from the kernel; only then all its objects are read. */
async function checkRemoved(
  kernel: KernelObjects,
  units: readonly UnitSymbols[],
  defined: ReadonlySet<string>,
): Promise<Result<void>> {
  const removed = new Map<string, { readonly path: string; readonly weak: boolean }>();
  for (const { path, pre } of units)
    for (const symbol of pre)
      if (isDefined(symbol) && !defined.has(symbol.name)) removed.set(symbol.name, { path, weak: symbol.bind === STB_WEAK });
  if (removed.size === 0) return success(undefined);
  const others = await readOthers(kernel, units);
  if (!others.ok) return others;
  const users = new Map<string, string[]>();
  for (const { path, post } of [...units, ...others.value]) {
    for (const symbol of post) {
      const gone = removed.get(symbol.name);
      // What was weak gives way to another definition anyway.
      if (gone?.weak && isDefined(symbol)) removed.delete(symbol.name);
      else if (gone && isNeeded(symbol)) users.set(symbol.name, [...(users.get(symbol.name) ?? []), path]);
    }
  }
  for (const [name, { path }] of removed) {
    const [user, ...more] = users.get(name) ?? [];
    if (user === undefined) continue;
    return failure('removed_symbol', `The change takes ${name} away, and ${user} still refers to it.`, {
      where: path,
      expected: `no object of the kernel that needs ${name}`,
      found: more.length > 0 ? `${user} and ${more.length} more` : user,
      hint: 'Keep the function or variable, under its name and as global as it was, or take it out of what refers to it as well.',
    });
  }
  return success(undefined);
}

/** The symbols of all objects that the change leaves as they are. */
async function readOthers(
  { paths, readMany }: KernelObjects,
  units: readonly UnitSymbols[],
): Promise<Result<readonly Pick<UnitSymbols, 'path' | 'post'>[]>> {
  const changed = new Set(units.map(({ path }) => path));
  const read = await readMany(paths.filter((path) => !changed.has(path)));
  if (!read.ok) return read;
  const result: Pick<UnitSymbols, 'path' | 'post'>[] = [];
  for (const [path, object] of read.value) {
    const symbols = globals(object, path);
    if (!symbols.ok) return symbols;
    result.push({ path, post: symbols.value });
  }
  return success(result);
}

function isDefined({ section }: ElfSymbol): boolean {
  return section !== SHN_UNDEF;
}

/** A weak reference may lead nowhere. */
function isNeeded({ section, bind }: ElfSymbol): boolean {
  return section === SHN_UNDEF && bind !== STB_WEAK;
}

/** Symbols that have to do with other objects. */
function globals(object: Uint8Array, name: string): Result<readonly ElfSymbol[]> {
  const elf = readElf(object, { name });
  return elf.ok ? success(elf.value.symbols.filter((symbol) => symbol.bind !== STB_LOCAL && symbol.name !== '')) : elf;
}
