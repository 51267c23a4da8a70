// The files of a kernel that its build makes from others, and from which: a patch that touches those cannot be built unit by unit.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from './chunks.mjs';
import { driverArguments, inParallel } from './driver.mjs';
import { everythingRead } from './units.mjs';

const run = promisify(execFile);

/**
 * What kbuild makes without leaving a command behind, by hand. `program`: made by a program whose own command is recorded.
 * `everywhere`: from files of such names in all folders that units lie in, in include, and below.
 */
const byHand = JSON.parse(readFileSync(join(import.meta.dirname, 'generated.json'), 'utf8'));

/** Headers made from marks in assembly text, which the compiler made from a source that knows the layout of structures. */
const offsets = {
  'include/generated/asm-offsets.h': 'arch/x86/kernel/asm-offsets.s',
  'include/generated/bounds.h': 'kernel/bounds.s',
};

/** What vmlinux is linked by. No unit reads it. */
const LINKER_SCRIPT = 'arch/x86/kernel/vmlinux.lds';

/** One line that hands on to a generic header: kbuild writes these for headers that the architecture has not. */
const WRAPPER = /^#include <asm-generic\/[^>]+>\n$/;

/**
 * A row for every generated file that is read by a unit. A row with `source` can be made anew by the compiler and compared:
 * `asm-offsets` (a header; `text` is what it holds), `preprocessed` (`sha256` of the result), `object` (`sha256`). The others
 * say only which `inputs` they depend on.
 * @param {string} tree
 * @param {Map<string, object>} commands
 * @param {string} cc1Folder
 * @param {Set<string>} sources every file the tree had before it was built
 * @param {readonly {deps: readonly string[]}[]} units
 */
export async function generatedFiles(tree, commands, cc1Folder, sources, units) {
  const rows = new Map();
  const folders = [...new Set(['include', ...units.map((unit) => unit.object.split('/')[0])])].sort();
  /** Made by the compiler alone. */
  const compiled = new Map();

  /** The sources a target is made from; what the compiler can make anew on the way is set aside. */
  function inputsOf(target, seen = new Set()) {
    if (sources.has(target)) return [target];
    if (seen.has(target)) return [];
    seen.add(target);
    const recorded = commands.get(target);
    const known = byHand[target];
    if (known) {
      const named = (known.everywhere ?? []).flatMap((name) => folders.map((folder) => `${folder}/**/${name}`));
      return [...known.inputs, ...named, ...(known.program ? inputsOf(known.program, seen) : [])];
    }
    if (!recorded) return [];
    const ours = /^gcc -B/.test(recorded.command);
    if (ours && /\.(o|lds)$/.test(target)) {
      compiled.set(target, { recorded, how: target.endsWith('.o') ? 'object' : 'preprocessed' });
      return [];
    }
    const words = recorded.command
      .split(/[\s;'"]+/)
      .map((word) => normalize(word))
      .filter((word) => word !== target && (sources.has(word) || commands.has(word) || word in byHand));
    const deps = recorded.deps.filter((path) => sources.has(path));
    return [...new Set([...words, ...deps])].flatMap((word) => inputsOf(word, seen));
  }

  const read = new Set(units.flatMap((unit) => unit.deps));
  const todo = [...read, ...Object.keys(byHand)].filter((path) => !sources.has(path));
  for (const output of todo) {
    if (rows.has(output) || output in offsets) continue;
    rows.set(output, row(output));
  }

  function row(output) {
    const inputs = [...new Set(inputsOf(output))].sort();
    if (commands.has(output) || output in byHand) return { output, inputs, how: byHand[output]?.how ?? 'script' };
    if (WRAPPER.test(readFileSync(join(tree, output), 'latin1'))) {
      return { output, inputs: ['include/asm-generic/Kbuild', 'arch/x86/include/**/Kbuild'], how: 'script' };
    }
    throw new Error(`${output} is read by a unit, and neither a source nor known to be made from any (generated.json)`);
  }

  for (const [output, target] of Object.entries(offsets)) {
    compiled.set(output, { recorded: commands.get(target), how: 'asm-offsets' });
  }
  compiled.set(LINKER_SCRIPT, { recorded: commands.get(LINKER_SCRIPT), how: 'preprocessed' });
  const checked = await inParallel([...compiled], async ([output, { recorded, how }]) => {
    const args = await driverArguments(tree, recorded.command, cc1Folder);
    const source = normalize(recorded.source);
    const deps = await everythingRead(tree, { ...args, source, recorded, cc1Folder });
    if (how === 'object') return { output, inputs: [], how, source, deps, ...(await withoutDebugInfo(tree, cc1Folder, args)) };
    const bytes = readFileSync(join(tree, output));
    const content = how === 'asm-offsets' ? { text: bytes.toString() } : { sha256: sha256(bytes) };
    return { output, inputs: [], how, source, ...args, deps, ...content };
  });
  return [...rows.values(), ...checked].sort((a, b) => (a.output < b.output ? -1 : 1));
}

/**
 * Arguments that make no debugging information, and the hash of the object they give. Real-mode code is built with it, it names
 * the folder of the build, and what is linked from the objects does not contain it.
 */
async function withoutDebugInfo(tree, cc1Folder, { cc1, as }) {
  const args = {
    cc1: cc1.filter((word) => !/^(-g\w*|-fworking-directory)$/.test(word)),
    as: as.filter((word) => !/^--?g(dwarf|en-debug)/.test(word)),
  };
  const folder = mkdtempSync(join(tmpdir(), 'object-'));
  try {
    const text = join(folder, 'unit.s');
    const object = join(folder, 'unit.o');
    await run(join(cc1Folder, 'cc1'), [...args.cc1, '-o', text], { cwd: tree });
    await run('as', [...args.as, '-o', object, text], { cwd: tree });
    return { ...args, sha256: sha256(readFileSync(object)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
