/* `npm run bench`: how long boot, restore, diff, create, apply, undo, reset and the stop of the machine take. */
import { pathToFileURL } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

ensurePackages();
process.setSourceMapsEnabled(true);
process.env.HOTSPLICE_ROOT ??= ROOT;
const { bundle } = await import('./bundle.mjs');
await import(pathToFileURL(await bundle('tests/node/bench.ts')).href);
