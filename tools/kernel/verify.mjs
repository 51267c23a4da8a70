// Compiles every unit of a pack with the native compiler, each in a folder that holds its files and nothing else, and compares.
//
//   node verify.mjs PACK_DIR CC1_DIR [OBJECT…]
//
// That way a unit's list of files and its arguments are known to be complete. Three minutes on two cores; exit status 1 if any differs.
import { execFile } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from './chunks.mjs';
import { inParallel } from './driver.mjs';
import { expanded, readJson, unpackChunks } from './pack-files.mjs';

const run = promisify(execFile);
const [pack, cc1Folder] = process.argv.slice(2, 4).map((path) => resolve(path));
const only = process.argv.slice(4);
const units = readJson(pack, 'units.json.gz');
const objects = readJson(pack, 'objects.json.gz');
const work = mkdtempSync(join(tmpdir(), 'verify-'));

try {
  const tree = join(work, 'tree');
  unpackChunks(pack, 'sources', tree);
  const jobs = [
    ...Object.entries(units.units).map(([name, unit]) => ({ name, ...expanded(units, unit), sha256: objects.files[name][3] })),
    ...units.generated.filter((row) => row.cc1).map((row) => ({ name: row.output, ...expanded(units, row) })),
  ].filter(({ name }) => only.length === 0 || only.includes(name));
  const unknown = only.filter((name) => !jobs.some((job) => job.name === name));
  if (unknown.length > 0) throw new Error(`not in the pack: ${unknown.join(', ')}`);
  const problems = await inParallel(jobs, async (job, number) => {
    const folder = join(work, String(number));
    try {
      return await problemOf(job, tree, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  for (const [at, problem] of problems.entries()) if (problem) console.log(`${jobs[at].name}: ${problem}`);
  const bad = problems.filter(Boolean).length;
  console.log(`${jobs.length - bad} of ${jobs.length} come out as they are in the pack`);
  process.exitCode = bad > 0 ? 1 : 0;
} finally {
  rmSync(work, { recursive: true });
}

/** What is wrong with what compiling gives; nothing if it is what the pack has. */
async function problemOf(job, tree, folder) {
  for (const path of job.deps) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    linkSync(join(tree, path), join(folder, path));
  }
  const text = join(folder, '.text');
  const object = join(folder, '.object');
  try {
    await run(join(cc1Folder, 'cc1'), [...job.cc1, '-o', text], { cwd: folder, maxBuffer: 1 << 26 });
    if (job.how === 'asm-offsets') return offsetsProblem(readFileSync(text, 'utf8'), job.text);
    if (job.as.length > 0) await run('as', [...job.as, '-o', object, text], { cwd: folder, maxBuffer: 1 << 26 });
  } catch (error) {
    return error.stderr?.trim() || error.message;
  }
  return sha256(readFileSync(job.as.length > 0 ? object : text)) === job.sha256 ? undefined : 'differs';
}

/** The header must define, in this order, what the marks in the assembly text say. */
function offsetsProblem(text, header) {
  const marks = text.matchAll(/^\s*\.ascii\s*"->([^ #"]+) [$#]*(\S+) .*"/gm);
  const found = Array.from(marks, ([, name, value]) => `${name} ${value}`);
  const expected = Array.from(header.matchAll(/^#define (\S+) (\S+) \/\*/gm), ([, name, value]) => `${name} ${value}`);
  if (found.length === 0) return 'no marks in the assembly text';
  return found.join('\n') === expected.join('\n') ? undefined : 'differs';
}
