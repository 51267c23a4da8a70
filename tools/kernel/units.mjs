// The units of a kernel: for every object that vmlinux or a module was linked from, how it was compiled and everything that reads.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { driverArguments, inParallel } from './driver.mjs';

const run = promisify(execFile);

/** kbuild does not list this one (every CONFIG_ in it has a file of its own); kconfig.h includes it. */
const AUTOCONF = 'include/generated/autoconf.h';
const KCONFIG = 'include/linux/kconfig.h';

/**
 * @param {string} tree the kernel tree, built in place
 * @param {ReturnType<import('./commands.mjs').recordedCommands>} commands
 * @param {string} cc1Folder
 * @returns {Promise<{object: string, source: string, module?: string, cc1: string[], as: string[], deps: string[]}[]>} sorted by object
 */
export async function unitsOf(tree, commands, cc1Folder) {
  const linked = execFileSync('ar', ['t', 'vmlinux.a'], { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 24 });
  const modules = moduleObjects(tree);
  const objects = [...linked.trim().split('\n'), ...modules.keys()].sort();
  return inParallel(objects, async (object) => {
    const recorded = commands.get(object);
    if (!recorded?.source) throw new Error(`no recorded command for ${object}`);
    const args = await driverArguments(tree, recorded.command, cc1Folder);
    const source = normalize(recorded.source);
    const deps = await everythingRead(tree, { ...args, source, recorded, cc1Folder });
    const module = modules.get(object);
    return { object, source, ...(module && { module }), ...args, deps };
  });
}

/** The objects that modules were linked from, and the names of the modules as the running kernel has them. */
function moduleObjects(tree) {
  const modules = readFileSync(join(tree, 'modules.order'), 'utf8').split('\n').filter(Boolean);
  return new Map(
    modules.flatMap((path) => {
      const stem = path.replace(/\.ko$/, '');
      const name = basename(stem).replaceAll('-', '_');
      const parts = readFileSync(join(tree, `${stem}.mod`), 'utf8')
        .split(/\s+/)
        .filter(Boolean);
      return parts.map((object) => [object, name]);
    }),
  );
}

/**
 * All files that compiling a recorded command reads, the source first.
 * `as` is asked as well if the text that it gets may include files.
 */
export async function everythingRead(tree, { cc1, as, source, recorded, cc1Folder }) {
  const deps = [source, ...recorded.deps];
  if (deps.includes(KCONFIG)) deps.push(AUTOCONF);
  if (as.length > 0 && (source.endsWith('.S') || mayInclude(tree, source))) {
    deps.push(...(await readByAssembler(tree, cc1, as, cc1Folder)));
  }
  const unique = [...new Set(deps)];
  for (const path of unique) {
    if (isAbsolute(path) || path.startsWith('..')) throw new Error(`${source} reads ${path}, outside of the tree`);
    if (!existsSync(join(tree, path))) throw new Error(`${source} reads ${path}, which is not in the tree`);
  }
  return unique;
}

function mayInclude(tree, source) {
  return /\.inc(bin|lude)\b/.test(readFileSync(join(tree, source), 'latin1'));
}

async function readByAssembler(tree, cc1, as, cc1Folder) {
  const folder = mkdtempSync(join(tmpdir(), 'unit-'));
  try {
    const text = join(folder, 'unit.s');
    const list = join(folder, 'deps');
    await run(join(cc1Folder, 'cc1'), [...cc1, '-o', text], { cwd: tree });
    await run('as', [...as, '--MD', list, '-o', join(folder, 'unit.o'), text], { cwd: tree });
    const [, read] = /:((?:\\\n|.)*)/.exec(readFileSync(list, 'utf8'));
    // It also lists the names that .file gives, which it does not read.
    const named = new Set(Array.from(readFileSync(text, 'latin1').matchAll(/^\s*\.file\s+"([^"]*)"/gm), ([, name]) => name));
    return read
      .replaceAll('\\\n', ' ')
      .split(/\s+/)
      .filter((name) => name && name !== text && !named.has(name))
      .map((name) => normalize(name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
