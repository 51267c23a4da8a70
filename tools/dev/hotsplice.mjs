#!/usr/bin/env node
/* The `hotsplice` command in a checkout: the TypeScript of src/cli, bundled when it has changed. */
import { pathToFileURL } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

ensurePackages();
process.setSourceMapsEnabled(true);
process.env.HOTSPLICE_ROOT ??= ROOT;
const { bundle } = await import('./bundle.mjs');
await import(pathToFileURL(await bundle('src/cli/main.ts')).href);
