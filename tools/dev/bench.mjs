/*
 * `npm run bench`: how long boot, restore, diff, create, apply, undo, reset and the stop of the machine take in Node, how long
 * the page takes to its prompt beside a bare v86 page, and from the key in its editor to new code in the guest, part by part.
 * `--runs N`, `--json`, `--no-browser`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, json: { type: 'boolean' }, browser: { type: 'boolean', default: true } },
  allowNegative: true,
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) {
  console.error('npm run bench: --runs takes a whole number from 1.');
  process.exit(2);
}
ensurePackages();
process.setSourceMapsEnabled(true);
process.env.HOTSPLICE_ROOT ??= ROOT;

const { bundle } = await import('./bundle.mjs');
const { benchEngine } = await import(pathToFileURL(await bundle('tests/node/bench.ts')).href);
const rows = await benchEngine(runs);
if (values.browser) rows.push(...benchStart(), ...benchEdit());

if (values.json) console.log(JSON.stringify({ node: process.version, rows }, null, 2));
else {
  console.log(`Node ${process.version}; median (least … most)`);
  for (const { name, unit, values: all } of rows) {
    const sorted = all.toSorted((a, b) => a - b);
    const show = (value = 0) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
    const middle = sorted[sorted.length >> 1];
    console.log(
      `${name.padEnd(32)} ${show(middle).padStart(10)} ${unit.padEnd(12)}  (${show(sorted[0])} … ${show(sorted.at(-1))})`,
    );
  }
}
process.exit();

/** The start of the page. */
function benchStart() {
  const { times } = measure('start');
  return [
    { name: 'page to the prompt', unit: 'ms', values: times.page },
    { name: 'bare v86 page to the prompt', unit: 'ms', values: times.bare },
  ];
}

/** An edit of one line of kernel/sys.c, with the compiler cold and warm. */
function benchEdit() {
  const times = measure('compile-page', 'edit');
  return Object.entries(times).flatMap(([name, { total, parts }]) => [
    { name: `edit to new code, ${name}`, unit: 'ms', values: [total] },
    ...parts.map((part) => ({ name: `  ${part.name}`, unit: 'ms', values: [part.milliseconds] })),
  ]);
}

/** Runs a browser test that measures; it fails if the page is too slow, and keeps its numbers either way. */
function measure(test, result = test) {
  const numbers = join(ROOT, `test-results/${result}.json`);
  mkdirSync(join(ROOT, 'test-results'), { recursive: true });
  rmSync(numbers, { force: true });
  const program = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [program, 'run', '--project', 'browser', `tests/browser/${test}.test.ts`, '--silent'];
  const vitest = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, HOTSPLICE_BENCH: '1' },
  });
  if (vitest.status !== 0) {
    console.error(vitest.stdout + vitest.stderr);
    process.exitCode = 1;
  }
  return JSON.parse(readFileSync(numbers, 'utf8'));
}
