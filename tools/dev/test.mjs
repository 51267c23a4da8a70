/*
 * `npm test`: installs what is missing, then runs the checks, the unit tests, whole runs in Node and whole runs in Chromium.
 * The last line is `N passed, N failed`. `--only check,unit,node,browser` runs a part.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

const PARTS = ['check', 'unit', 'node', 'browser'];
const CHECKS = ['format', 'lint', 'types', 'svelte', 'unused'];
const RESULTS = join(ROOT, 'test-results');

const { values } = parseArgs({ options: { only: { type: 'string', default: PARTS.join(',') } } });
const parts = values.only.split(',');
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown) {
  console.error(`npm test: --only takes some of ${PARTS.join(', ')}, not “${unknown}”.`);
  process.exit(2);
}

ensurePackages();
rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });
let passed = 0;
let failed = 0;

for (const part of PARTS.filter((name) => parts.includes(name))) {
  const began = Date.now();
  const before = { passed, failed };
  if (part === 'check') await check();
  else if (part !== 'browser' || (await browserReady())) await vitest(part);
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  console.log(`── ${part}: ${passed - before.passed} passed, ${failed - before.failed} failed (${seconds} s)\n`);
}
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);

/** Every check counts as one test; two run at a time. */
async function check() {
  const waiting = [...CHECKS];
  const worker = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const { status, output } = await run('npm', ['run', '--silent', `check:${name}`]);
      if (status === 0) passed++;
      else failed++;
      console.log(status === 0 ? ` ✓ check:${name}` : ` ✗ check:${name}\n${output}`);
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Runs one project of vitest.config.ts and adds up what its JSON report says. */
async function vitest(project) {
  const report = join(RESULTS, `${project}.json`);
  const program = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = await run(process.execPath, [program, 'run', '--project', project, ...reporters], 'inherit');
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    console.log(` ✗ ${project}: vitest left no report (${error.message})`);
    failed++;
    return;
  }
  passed += counts.numPassedTests;
  failed += counts.numFailedTests;
  // A file that does not even load has no tests to count.
  const broken = counts.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
  );
  failed += broken.length;
  if (status !== 0 && counts.numFailedTests + broken.length === 0) failed++;
}

async function browserReady() {
  try {
    await ensureBuilt();
  } catch (error) {
    console.log(` ✗ ${error.message}`);
    failed++;
    return false;
  }
  const chromium = findChromium();
  if (!chromium) {
    console.log(' ✗ There is no Chromium and none could be installed. Set HOTSPLICE_CHROMIUM to the path of one.');
    failed++;
    return false;
  }
  process.env.HOTSPLICE_CHROMIUM = chromium;
  return true;
}

function run(command, args, stdio = 'pipe') {
  return new Promise((done, broken) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', stdio, stdio],
      shell: process.platform === 'win32' && command === 'npm',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', broken);
    child.on('close', (status) => done({ status, output }));
  });
}
