import { failure, success, type Failure, type Result } from '../failure.ts';
import type { ChangedTree } from './changed-tree.ts';
import { unitCost } from './estimate.ts';
import { linkedElsewhere } from './generated-check.ts';
import { globMatches } from './glob.ts';
import { includesOf, resolveInclude, searchPath } from './includes.ts';
import type { Generated, Unit, UnitIndex } from './units.ts';

/** A unit that has to be compiled. */
export interface PlannedUnit {
  readonly object: string;
  readonly source: string;
  /** Against the others of the plan; without unit. */
  readonly cost: number;
}

/** What a change makes the compiler do. */
export interface Plan {
  /** Those whose own source changed first, then the quickest first: mistakes show early. */
  readonly units: readonly PlannedUnit[];
  /** Estimate for this computer, all units together. */
  readonly seconds: number;
  /** Generated headers that are made anew first, to see that the change leaves them as they are. */
  readonly checks: readonly string[];
  /** Changed files that this kernel is not built from (documentation, other architectures, drivers that are not configured). */
  readonly ignored: readonly string[];
}

/** A plan with all that carrying it out needs. */
export interface WorkPlan {
  readonly tree: ChangedTree;
  readonly units: readonly (PlannedUnit & { readonly unit: Unit; readonly edited: boolean })[];
  readonly checks: readonly Generated[];
  readonly ignored: readonly string[];
}

const KCONFIG = /^(?:.*\/)?(?:Kconfig[^/]*|[^/]*defconfig|[^/]*\.config)$|^\.config$/;
/** Of the kernel itself, not of its documentation and tools; the linker's script decides like a Makefile what goes where. */
const MAKEFILE = /^(?!Documentation\/|tools\/|samples\/|scripts\/)(?:.*\/)?(?:Makefile[^/]*|Kbuild[^/]*|[^/]*\.lds(?:\.[Sh])?)$/;
const SOURCE = /\.[cS]$/;

/**
 * Finds the units that a change concerns, through what each was recorded to read, and refuses what compiling units again cannot bring about:
 * `kconfig_changed`, `makefile_changed`, `path_taken`, `generated_file`, `new_unit`, `unit_deleted`, `file_not_in_kernel`, `nothing_changed`.
 * The tree's changes are those that differ from the pack.
 */
export async function planWork(tree: ChangedTree, index: UnitIndex): Promise<Result<WorkPlan>> {
  const paths = [...tree.changes.keys()].sort();
  if (paths.length === 0) {
    return failure('nothing_changed', 'The change leaves every file as it is.', {
      hint: 'The kernel that runs may have this patch already.',
    });
  }
  for (const path of paths) {
    const refused = refuse(path, tree, index);
    if (refused) return refused;
  }
  const taken = pathTaken(tree);
  if (taken) return taken;
  const created = await createdFiles(tree, index);
  if (!created.ok) return created;
  const objects = new Set<string>();
  const checks = new Set<Generated>();
  const ignored: string[] = [];
  for (const path of paths) {
    const readers = [
      ...index.readers(path),
      ...created.value.shadows.flatMap(([at, hidden]) => (at === path ? index.readers(hidden) : [])),
    ];
    for (const object of readers) objects.add(object);
    for (const entry of index.generated) if (entry.check?.unit.deps.includes(path)) checks.add(entry);
    if (readers.length === 0 && !index.reads(path) && !created.value.included.has(path)) ignored.push(path);
  }
  if (ignored.length === paths.length) {
    return failure(
      'file_not_in_kernel',
      'This kernel is not built from any of the changed files, so nothing that runs would change.',
      {
        where: ignored[0],
        ...(ignored.length > 1 && { found: `${ignored.length} such files` }),
        hint: 'Only files that this kernel was built from can be changed; its configuration leaves out most drivers and all other architectures.',
      },
    );
  }
  const units = [...objects].flatMap((object) => planned(object, tree, index));
  units.sort((a, b) => Number(b.edited) - Number(a.edited) || a.cost - b.cost || (a.object < b.object ? -1 : 1));
  if (units.length === 0) {
    const [elsewhere] = checks;
    if (elsewhere) return linkedElsewhere(elsewhere);
    return failure('nothing_changed', 'No unit of this kernel reads what was changed.', { where: paths[0] });
  }
  return success({ tree, units, checks: [...checks], ignored });
}

function planned(object: string, tree: ChangedTree, index: UnitIndex): WorkPlan['units'][number][] {
  const unit = index.unit(object);
  if (!unit) return [];
  const headers = unit.deps.reduce((sum, path) => sum + (tree.sources.size(path) ?? 0), 0);
  const own = tree.changes.get(unit.source)?.length ?? tree.sources.size(unit.source) ?? 0;
  return [{ object, source: unit.source, cost: unitCost(own, headers), unit, edited: tree.changes.has(unit.source) }];
}

/** Refuses what a path alone tells of: `kconfig_changed`, `makefile_changed`. */
export function refusePath(path: string): Failure | undefined {
  if (KCONFIG.test(path)) {
    return failure(
      'kconfig_changed',
      'The change touches the kernel’s configuration, which decides what every unit is made of.',
      {
        where: path,
        hint: 'Leave this file out of the patch if the rest does not need it; a running kernel keeps its configuration.',
      },
    );
  }
  if (MAKEFILE.test(path)) {
    return failure('makefile_changed', 'The change touches how the kernel is built or linked, not what its code says.', {
      where: path,
      hint: 'Leave this file out of the patch if the rest does not need it.',
    });
  }
  return undefined;
}

function refuse(path: string, tree: ChangedTree, index: UnitIndex): Failure | undefined {
  const refused = refusePath(path);
  if (refused) return refused;
  for (const { output, inputs, check } of index.generated) {
    if (output === path) return generated(path, output, 'A file that the build makes is changed by hand.');
    if (check === undefined && inputs.some((glob) => globMatches(glob, path))) {
      return generated(path, output, 'The change alters a file that others are generated from.');
    }
  }
  if (tree.changes.get(path) === null && index.unitOfSource(path)) {
    return failure('unit_deleted', 'The change deletes a file that is compiled into the kernel.', {
      where: path,
      hint: 'Code that runs can be replaced, not taken away. Leave the file, and take out what calls it.',
    });
  }
  return undefined;
}

/** A new file cannot have the name of a folder, nor lie in a file. */
function pathTaken({ created, sources }: ChangedTree): Failure | undefined {
  for (const path of created) {
    const folders = path.split('/').slice(0, -1);
    const above = folders.map((_, at) => folders.slice(0, at + 1).join('/')).find((folder) => sources.has(folder));
    const inside = sources.paths.find((other) => other.startsWith(`${path}/`));
    const found = above ?? inside;
    if (found === undefined) continue;
    return failure('path_taken', 'The change adds a file where the kernel has a folder, or inside of a file.', {
      where: path,
      found,
      hint: 'Give the new file another name.',
    });
  }
  return undefined;
}

function generated(path: string, output: string, message: string): Failure {
  return failure('generated_file', message, {
    where: path,
    found: output === path ? undefined : `${output} is made from it`,
    hint: 'Such files are made by scripts of the kernel’s build, which do not run here. A change that needs them needs a new kernel.',
  });
}

interface Created {
  /** Created files that changed files include. */
  readonly included: ReadonlySet<string>;
  /** Created headers and the file that was found under the same name before. */
  readonly shadows: readonly (readonly [created: string, hidden: string])[];
}

/** A new file means something only if it is included: no Makefile knows it. */
async function createdFiles(tree: ChangedTree, index: UnitIndex): Promise<Result<Created>> {
  const included = new Set<string>();
  const shadows: (readonly [string, string])[] = [];
  const { created } = tree;
  if (created.length === 0) return success({ included, shadows });
  const some = index.objects[0];
  const search = searchPath((some === undefined ? undefined : index.unit(some))?.cc1 ?? []);
  for (const [path, contents] of tree.changes) {
    if (contents === null) continue;
    const text = await tree.text(path);
    if (!text.ok) return text;
    for (const include of includesOf(text.value)) {
      const target = resolveInclude(include, path, search, (candidate) => tree.has(candidate));
      if (target !== undefined && created.includes(target)) included.add(target);
    }
  }
  for (const path of created) {
    if (SOURCE.test(path) && !included.has(path)) {
      return failure(
        'new_unit',
        'The change adds a file that nothing builds: no Makefile of this kernel names it, and no changed file includes it.',
        {
          where: path,
          hint: 'Put the code into a file that this kernel is built from.',
        },
      );
    }
    for (const folder of search.folders) {
      if (!path.startsWith(`${folder}/`)) continue;
      const name = path.slice(folder.length + 1);
      for (const other of search.folders) if (index.reads(`${other}/${name}`)) shadows.push([path, `${other}/${name}`]);
    }
  }
  return success({ included, shadows });
}
