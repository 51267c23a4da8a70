import { spawnGcc } from '../../../src/cli/gcc.ts';
import { openToolchain } from '../../../src/cli/toolchain.ts';
import { failure, success, type Result } from '../../../src/engine/failure.ts';
import { kernelObjects } from '../../../src/engine/pipeline/compile-patch.ts';
import type { KernelObjects } from '../../../src/engine/pipeline/linking.ts';
import type { KernelPack } from '../../../src/engine/pipeline/pack.ts';
import { ChangedTree } from '../../../src/engine/toolchain/changed-tree.ts';
import { compileUnit, preObject } from '../../../src/engine/toolchain/compile-unit.ts';
import { GccPool } from '../../../src/engine/toolchain/gcc-pool.ts';
import { ObjectCache, type BlobStore } from '../../../src/engine/toolchain/object-cache.ts';
import { must } from '../../node/support.ts';

/** A unit takes seconds, but a computer with other work may be slow. */
const TIMEOUT_MS = 30 * 60_000;

/** The objects of a unit before and after the change of a file. */
export interface Pair {
  /** Path of the object in the kernel tree. */
  readonly path: string;
  readonly pre: Uint8Array;
  /** The same bytes as `pre` if the change makes no difference to the compiler. */
  readonly post: Uint8Array;
  /** How many units of the kernel read a header that the change needs, this one among them. Of them only this one is compiled. */
  readonly readers: number;
}

/** From the patch of one C file to the objects of the one unit that it is compiled into. */
export interface Builder {
  /** The objects that the kernel was linked from. */
  readonly kernel: KernelObjects;
  build(file: string, patch: Uint8Array): Promise<Result<Pair>>;
  close(): void;
}

/** Opens the compiler of the page on a kernel pack. With a store, what was compiled before is taken from there. */
export async function openBuilder(pack: KernelPack, jobs: number, store?: BlobStore): Promise<Builder> {
  const toolchain = must(await openToolchain(pack, jobs));
  const { units, sources, objects, compiler } = toolchain;
  const modules = must(await compiler.load());
  const pool = new GccPool(() => spawnGcc(modules), jobs, TIMEOUT_MS);
  const cache = store && new ObjectCache(store, `${compiler.identity} ${sources.identity}`);
  return {
    kernel: kernelObjects(toolchain),
    async build(file, patch) {
      const applied = await toolchain.applyPatch(patch);
      if (!applied.ok) return applied;
      const [object, ...others] = units.readers(file);
      const unit = object === undefined ? undefined : units.unit(object);
      if (!unit || others.length > 0) {
        const found = [object, ...others].join(', ');
        return failure('bad_unit', 'A file of the corpus has to be compiled into one unit.', { where: file, found });
      }
      const made = await compileUnit({ pool, objects, cache }, unit, new ChangedTree(sources, applied.value.files));
      if (!made.ok) return made;
      const pre = await preObject(objects, unit);
      if (!pre.ok) return pre;
      const readers = new Set(applied.value.files.flatMap(({ path }) => units.readers(path)));
      return success({ path: unit.object, pre: pre.value, post: made.value.object ?? pre.value, readers: readers.size });
    },
    close() {
      pool.close();
      toolchain.close();
    },
  };
}
