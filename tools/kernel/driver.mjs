// What the gcc driver would run for a recorded command: the argument lists of cc1 and as.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Asks the driver (`gcc -###` runs nothing). What says where results go is taken out: -o, and the list of files read.
 * @param {string} tree where the command runs
 * @param {string} command as kbuild recorded it
 * @param {string} cc1Folder the folder with the cc1 to use (gcc -B)
 * @returns {Promise<{cc1: string[], as: string[]}>} without the program's name; `as` without its input as well
 */
export async function driverArguments(tree, command, cc1Folder) {
  const plain = command
    .split(' ; ')[0]
    .replace(/ -B\S+/, '')
    .replace(/ -Wp,-MMD,\S+/, '');
  if (!/^gcc /.test(plain)) throw new Error(`not a compiler's command: ${plain}`);
  // The shell undoes the quoting of the .cmd file.
  const shell = `exec gcc -B"$0"/ '-###' ${plain.slice('gcc '.length)}`;
  const { stderr } = await run('sh', ['-c', shell, cc1Folder], { cwd: tree, maxBuffer: 1 << 24 });
  const programs = stderr
    .split('\n')
    .filter((line) => line.startsWith(' '))
    .map(words);
  const cc1 = programs.find(([name]) => name === `${cc1Folder}/cc1`);
  const as = programs.find(([name]) => /(^|\/)as$/.test(name));
  if (!cc1) throw new Error(`the driver runs no ${cc1Folder}/cc1 for: ${plain}`);
  return { cc1: withoutOutput(cc1.slice(1)), as: as ? withoutOutput(as.slice(1, -1)) : [] };
}

/** One line of -###: words, in double quotes with backslashes where needed. */
function words(line) {
  return (line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word,
  );
}

function withoutOutput(list) {
  const at = list.indexOf('-o');
  return at < 0 ? list : list.toSpliced(at, 2);
}

/** Calls `work` for each item, as many at a time as there are cores; results in the order of the items. */
export async function inParallel(items, work) {
  const results = new Array(items.length);
  let next = 0;
  const lanes = Array.from({ length: availableParallelism() }, async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at], at);
    }
  });
  await Promise.all(lanes);
  return results;
}
