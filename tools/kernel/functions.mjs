// Every function that the kernel's sources define, with file and line, as the compiler and the assembler saw them.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { inParallel } from './driver.mjs';

const run = promisify(execFile);

/**
 * @param {string} tree
 * @param {readonly {object: string, source: string, cc1: string[]}[]} units
 * @param {string} cc1Folder
 * @returns {Promise<{format: 1, files: string[], functions: [string, number, number][]}>} sorted by name, file, line
 */
export async function functionsOf(tree, units, cc1Folder) {
  const folder = mkdtempSync(join(tmpdir(), 'functions-'));
  /** What most units define again: the functions of their headers. */
  const seen = new Set();
  try {
    await inParallel(units, async (unit, number) => {
      const of = unit.source.endsWith('.S') ? inAssembly : inC;
      const list = await of(tree, unit, join(cc1Folder, 'cc1'), join(folder, String(number)));
      for (const entry of list) seen.add(entry);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  const entries = Array.from(seen, (entry) => entry.split('\t')).map(([name, file, line]) => [name, file, Number(line)]);
  const files = [...new Set(entries.map(([, file]) => file))].sort();
  const numbers = new Map(files.map((file, number) => [file, number]));
  entries.sort(([a, b, c], [x, y, z]) => compare(a, x) || compare(b, y) || c - z);
  return { format: 1, files, functions: entries.map(([name, file, line]) => [name, numbers.get(file), line]) };
}

/** From the list of declarations that cc1 writes: definitions are marked with F. */
async function inC(tree, { cc1 }, program, file) {
  await run(program, [...cc1, '-fsyntax-only', '-aux-info', file, '-o', '/dev/null'], { cwd: tree, maxBuffer: 1 << 26 });
  const text = readFileSync(file, 'latin1');
  rmSync(file);
  const found = [];
  for (const [, path, line, declaration] of text.matchAll(/^\/\* (.+):(\d+):[NO]F \*\/ (.*)$/gm)) {
    // The name stands before the first parenthesis that holds parameters; (* begins a pointer that is returned.
    const name = /([A-Za-z_$][\w$]*) \((?!\*)/.exec(declaration)?.[1];
    if (!name) throw new Error(`no function's name in: ${declaration}`);
    if (!isAbsolute(path)) found.push(`${name}\t${normalize(path)}\t${line}`);
  }
  return found;
}

/** Labels of the preprocessed text that are functions, or global and in code, in the object. */
async function inAssembly(tree, { object, cc1 }, program, file) {
  await run(program, [...cc1, '-o', file], { cwd: tree });
  const text = readFileSync(file, 'latin1');
  rmSync(file);
  const { stdout } = await run('readelf', ['-SsW', object], { cwd: tree, maxBuffer: 1 << 26 });
  const code = new Set(
    Array.from(stdout.matchAll(/^ +\[ *(\d+)\] \S+ +PROGBITS( +[0-9a-f]+){4} +\w*X/gm), ([, number]) => number),
  );
  const symbols = stdout.matchAll(/ (FUNC|NOTYPE) +(\w+) +\w+ +(\d+) (\S+)$/gm);
  const functions = new Set(
    Array.from(symbols)
      .filter(([, type, binding, section]) => code.has(section) && (type === 'FUNC' || binding === 'GLOBAL'))
      .map(([, , , , name]) => name),
  );
  const found = [];
  let path;
  let line = 0;
  for (const row of text.split('\n')) {
    const marker = /^# (\d+) "([^"]*)"/.exec(row);
    if (marker) {
      line = Number(marker[1]);
      path = marker[2];
      continue;
    }
    for (const [, name] of row.matchAll(/(?:^|[;\s])([A-Za-z_.$][\w.$]*):/g)) {
      if (functions.has(name) && !isAbsolute(path)) found.push(`${name}\t${normalize(path)}\t${line}`);
    }
    line++;
  }
  return found;
}

function compare(a, b) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
