import { success, type Result } from '../failure.ts';
import type { Compiler } from '../toolchain/compiler.ts';
import { SourceTree } from '../toolchain/source-tree.ts';
import { Toolchain, type ToolchainOptions } from '../toolchain/toolchain.ts';
import { UnitIndex } from '../toolchain/units.ts';
import type { KernelPack } from './pack.ts';

/** Opens the toolchain of a kernel pack: reads its indexes. Sources, objects and the compiler come when they are wanted. */
export async function openToolchain(
  pack: KernelPack,
  compiler: Compiler,
  options: Pick<ToolchainOptions, 'spawn' | 'compilers' | 'store'>,
): Promise<Result<Toolchain>> {
  const [units, sources, objects] = await Promise.all([pack.text('units'), pack.text('sources'), pack.text('objects')]);
  if (!units.ok) return units;
  if (!sources.ok) return sources;
  if (!objects.ok) return objects;
  const where = `kernels/${pack.manifest.id}`;
  const index = UnitIndex.parse(units.value, `${where}/units.json.gz`);
  if (!index.ok) return index;
  const sourceTree = SourceTree.open(pack, sources.value, `${where}/sources.json.gz`);
  if (!sourceTree.ok) return sourceTree;
  const objectTree = SourceTree.open(pack, objects.value, `${where}/objects.json.gz`);
  if (!objectTree.ok) return objectTree;
  return success(
    new Toolchain({ units: index.value, sources: sourceTree.value, objects: objectTree.value, compiler, ...options }),
  );
}
