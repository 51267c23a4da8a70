/*
 * How long the page's compiler takes in Node for units of the kernel, part by part, and whether each object is the one that runs:
 *
 *   node tools/dev/unit-times.mjs [--runs N] [--json] [SOURCE…]
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) {
  console.error('unit-times: --runs takes a whole number from 1.');
  process.exit(2);
}
const sources = positionals.length > 0 ? positionals : ['kernel/sys.c', 'fs/pipe.c', 'net/unix/af_unix.c', 'kernel/sched/core.c'];
ensurePackages();
process.setSourceMapsEnabled(true);
process.env.HOTSPLICE_ROOT ??= ROOT;

const { bundle } = await import('./bundle.mjs');
const { unitTimes } = await import(pathToFileURL(await bundle('tests/node/unit-times.ts')).href);
const ms = (value) => String(Math.round(value)).padStart(7);
if (!values.json) console.log(`${'source'.padEnd(28)} run   total   files    inst     cc1      as  memory  object`);
const times = await unitTimes(sources, runs, (unit) => {
  if (values.json) return;
  const { source, run, total, files, instantiate, cc1, as, memory, identical } = unit;
  const parts = [total, files, instantiate, cc1, as, memory].map(ms).join(' ');
  console.log(`${source.padEnd(28)} ${String(run).padStart(3)} ${parts}  ${identical ? 'as it runs' : 'DIFFERENT'}`);
});
if (values.json) console.log(JSON.stringify(times, null, 2));
else console.log(`opened in ${Math.round(times.open)} ms, compiler loaded in ${Math.round(times.loadCompiler)} ms`);
process.exit(times.units.every((unit) => unit.identical) ? 0 : 1);
