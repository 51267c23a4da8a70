// What kbuild recorded beside the files it made: which command, from which source, and what that read.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/**
 * Every recorded command of a kernel tree that was built in place.
 * @returns {Map<string, {target: string, command: string, source: string | undefined, deps: string[]}>} by target, sorted
 */
export function recordedCommands(tree) {
  const found = [];
  for (const path of commandFiles(tree, '')) {
    const text = readFileSync(join(tree, path), 'utf8');
    const target = /^(?:savedcmd|cmd)_(\S+) := /m.exec(text)?.[1];
    if (!target) continue;
    found.push({
      // Some name themselves relative to their folder.
      target: normalize(target.includes('/') ? target : join(dirname(path), target)),
      command: (variable(text, `savedcmd_${target}`) ?? variable(text, `cmd_${target}`)).trim(),
      source: variable(text, `source_${target}`)?.trim(),
      deps: (variable(text, `deps_${target}`) ?? '')
        .replaceAll(/\$\(wildcard [^)]*\)/g, ' ')
        .split(/\s+/)
        .filter(Boolean)
        .map((name) => normalize(name)),
    });
  }
  found.sort((a, b) => (a.target < b.target ? -1 : 1));
  return new Map(found.map((entry) => [entry.target, entry]));
}

function* commandFiles(tree, folder) {
  for (const entry of readdirSync(join(tree, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* commandFiles(tree, path);
    else if (/^\..*\.cmd$/.test(entry.name)) yield path;
  }
}

/** The value of one make variable, continuation lines joined. */
function variable(text, name) {
  const start = text.startsWith(`${name} := `) ? 0 : text.indexOf(`\n${name} := `) + 1;
  if (start === 0 && !text.startsWith(`${name} := `)) return undefined;
  let end = start;
  do end = text.indexOf('\n', end + 1);
  while (end > 0 && text[end - 1] === '\\');
  return text.slice(start + name.length + 4, end < 0 ? undefined : end).replaceAll('\\\n', ' ');
}
