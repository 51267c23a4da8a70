import { SHN_UNDEF, STB_LOCAL, STB_WEAK } from '../elf/constants.ts';
import type { ElfSymbol } from '../elf/object.ts';
import { readElf } from '../elf/reader.ts';
import { failure, success, type Result } from '../failure.ts';
import { KernelSymbols } from '../guest/symbols.ts';
import type { Toolchain } from '../toolchain/toolchain.ts';
import type { KernelPack } from './pack.ts';

/** The objects of a unit before and after a change. */
interface ChangedUnit {
  readonly path: string;
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/**
 * What a linker would say to the changed objects: each name that one of them newly refers to has to be global in the kernel or in
 * another of them. `undefined_symbol` if it is not: the kernel built from the changed source would not link either.
 */
export async function checkLinking(pack: KernelPack, units: readonly ChangedUnit[]): Promise<Result<void>> {
  const wanted = new Map<string, string>();
  const defined = new Set<string>();
  for (const { path, pre, post } of units) {
    const before = globals(pre, `${path} (pre)`);
    if (!before.ok) return before;
    const after = globals(post, `${path} (post)`);
    if (!after.ok) return after;
    const known = new Set(before.value.map(({ name }) => name));
    for (const { name, section, bind } of after.value) {
      if (section !== SHN_UNDEF) defined.add(name);
      else if (bind !== STB_WEAK && !known.has(name)) wanted.set(name, path);
    }
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

/**
 * The other half of it: a global name that none of the changed objects defines any more may be needed by no other object of the kernel. Else that would
 * come to the stub of a deleted function. `undefined_symbol`. Reads the kernel's objects if a name is gone, which is rare.
 */
export async function checkRemoved(
  { objects, units: kernel }: Pick<Toolchain, 'objects' | 'units'>,
  units: readonly ChangedUnit[],
): Promise<Result<void>> {
  const gone = new Map<string, string>();
  const defined = new Set<string>();
  for (const { path, pre, post } of units) {
    const before = globals(pre, `${path} (pre)`);
    if (!before.ok) return before;
    const after = globals(post, `${path} (post)`);
    if (!after.ok) return after;
    for (const { name, section } of before.value) if (section !== SHN_UNDEF) gone.set(name, path);
    for (const { name, section } of after.value) if (section !== SHN_UNDEF) defined.add(name);
  }
  for (const name of defined) gone.delete(name);
  if (gone.size === 0) return success(undefined);
  const changed = new Set(units.map(({ path }) => path));
  const others = await objects.readMany(kernel.objects.filter((path) => !changed.has(path)));
  if (!others.ok) return others;
  const now = units.map(({ path, post }) => [path, post] as const);
  for (const [path, object] of [...others.value, ...now]) {
    const symbols = globals(object, path);
    if (!symbols.ok) return symbols;
    const user = symbols.value.find(({ name, section, bind }) => section === SHN_UNDEF && bind !== STB_WEAK && gone.has(name));
    if (!user) continue;
    return failure('undefined_symbol', `${path} uses ${user.name}, which the change takes away.`, {
      where: gone.get(user.name),
      expected: `a function or variable ${user.name} that other files can see`,
      found: 'none any more',
      hint: 'The kernel would not link without it. Change what uses the name too.',
    });
  }
  return success(undefined);
}

/** Symbols that have to do with other objects. */
function globals(object: Uint8Array, name: string): Result<readonly ElfSymbol[]> {
  const elf = readElf(object, { name });
  return elf.ok ? success(elf.value.symbols.filter((symbol) => symbol.bind !== STB_LOCAL && symbol.name !== '')) : elf;
}
