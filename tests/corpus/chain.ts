import { openToolchain } from '../../src/cli/toolchain.ts';
import { success } from '../../src/engine/failure.ts';
import { compilePatch } from '../../src/engine/pipeline/compile-patch.ts';
import type { KernelPack } from '../../src/engine/pipeline/pack.ts';
import type { Toolchain } from '../../src/engine/toolchain/toolchain.ts';
import { must } from '../node/support.ts';
import type { Build } from './run.ts';

/** The chain of `hotsplice create --patch`: patch, plan, compile, compare, pack. The compilers stay until the toolchain is closed. */
export async function openChain(pack: KernelPack): Promise<{ readonly build: Build; readonly toolchain: Toolchain }> {
  const toolchain = must(await openToolchain(pack, undefined));
  const build: Build = async (id, patch) => {
    const applied = await toolchain.applyPatch(patch);
    if (!applied.ok) return applied;
    const built = await compilePatch(toolchain, pack, applied.value.files, { id, timestamp: 0 });
    if (!built.ok) return built;
    const { tarball, changes, compiled } = built.value;
    const functions = changes.flatMap((unit) => unit.functions.filter(({ status }) => status === 'changed'));
    return success({
      id,
      tarball,
      units: compiled.units.length + compiled.same.length,
      changedUnits: compiled.units.length,
      functions: functions.map(({ name }) => name),
    });
  };
  return { build, toolchain };
}
