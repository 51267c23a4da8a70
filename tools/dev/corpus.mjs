/*
 * `npm run corpus`: compares every C file of the kernel that differs between two Debian packages, before and after, with what
 * tests/corpus/files/files.json says has to be found, and writes docs/real-fixes.md. Objects that were compiled once are kept in .cache/.
 *
 *   node tools/dev/corpus.mjs [FILE…]     only these, and no page
 */
import { pathToFileURL } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

ensurePackages();
process.setSourceMapsEnabled(true);
process.env.HOTSPLICE_ROOT ??= ROOT;
const { bundle } = await import('./bundle.mjs');
const { runFileCorpus } = await import(pathToFileURL(await bundle('tests/corpus/files/run.ts')).href);
const problems = await runFileCorpus(process.argv.slice(2), (line) => console.log(line));
console.log(problems === 0 ? 'all as they have to be' : `${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
