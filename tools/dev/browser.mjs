import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { ROOT } from './paths.mjs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a Chromium: the one HOTSPLICE_CHROMIUM names, one of the usual places, or one installed now. Nothing if all fail. */
export function findChromium() {
  return process.env.HOTSPLICE_CHROMIUM || PLACES.find((path) => existsSync(path)) || playwrights() || install();
}

/** The Chromium that Playwright installed earlier, if it did. */
function playwrights() {
  const require = createRequire(join(ROOT, 'package.json'));
  const path = require('playwright-core').chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}

function install() {
  if (aptInstall('chromium')) {
    const path = PLACES.find((place) => existsSync(place));
    if (path) return path;
  }
  console.error('No Chromium here; installing Playwright’s …');
  const require = createRequire(join(ROOT, 'package.json'));
  const cli = join(dirname(require.resolve('playwright-core/package.json')), 'cli.js');
  spawnSync(process.execPath, [cli, 'install', 'chromium-headless-shell', 'chromium'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return playwrights();
}
