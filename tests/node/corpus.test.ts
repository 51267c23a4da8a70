import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../src/engine/pipeline/session.ts';
import type { Toolchain } from '../../src/engine/toolchain/toolchain.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { openChain } from '../corpus/chain.ts';
import { readCorpus } from '../corpus/corpus.ts';
import { keepResult, readResults } from '../corpus/results.ts';
import { runFix, type Build, type Outcome } from '../corpus/run.ts';
import { corpusPage } from '../corpus/table.ts';
import { openPack, openSession } from './support.ts';

/** `npm run test:corpus` takes all fixes, or those that `-- -t NAME` asks for, and writes docs/corpus.md; `npm test` takes a sample. */
const ALL = process.env['HOTSPLICE_CORPUS'] === 'all';
/** A header that nine of ten units read makes nearly the whole kernel be compiled. */
const LONGEST = 3_600_000;

const { kernel, fixes } = readCorpus();
const chosen = ALL ? fixes : fixes.filter(({ sample }) => sample);

let session: Session;
let toolchain: Toolchain;
let build: Build;

beforeAll(async () => {
  const pack = await openPack();
  ({ build, toolchain } = await openChain(pack));
  session = await openSession({ pack });
});

afterAll(async () => {
  toolchain.close();
  await session.close();
  if (ALL) writeFileSync(join(ROOT, 'docs/corpus.md'), corpusPage(kernel, fixes, readResults(fixes)));
});

test('the corpus is for the kernel that runs, 25 fixes apply, and others have to be refused for reasons of all kinds', () => {
  expect(session.pack.manifest.id).toBe(kernel);
  expect(fixes.filter(({ expects }) => expects === 'applied').length).toBeGreaterThanOrEqual(25);
  const codes = fixes.flatMap(({ expects }) => (expects === 'applied' ? [] : [expects.refused]));
  expect(new Set(codes).size).toBeGreaterThanOrEqual(6);
  expect(new Set(fixes.map(({ subsystem }) => subsystem)).size).toBeGreaterThanOrEqual(20);
  expect(fixes.filter(({ sample }) => sample)).toHaveLength(5);
});

describe.each(chosen.map((fix) => ({ name: fix.id, fix })))('$name', ({ fix }) => {
  const what = fix.expects === 'applied' ? 'is built, applied, seen and undone' : `is refused: ${fix.expects.refused}`;
  test(
    what,
    async () => {
      const outcome = await runFix(session, build, fix);
      if (ALL) {
        process.stdout.write(`${line(outcome)}\n`);
        keepResult(fixes, outcome);
      }
      expect(outcome.problems).toEqual([]);
    },
    ALL ? LONGEST : undefined,
  );
});

function line({ fix, outcome, built, buildMilliseconds, applyMilliseconds, problems }: Outcome): string {
  const units = built ? `${built.changedUnits} of ${built.units} units, ${built.functions.length} functions` : '';
  const times = [buildMilliseconds, applyMilliseconds].flatMap((ms) => (ms === undefined ? [] : [`${(ms / 1000).toFixed(1)} s`]));
  return [fix.id.padEnd(24), outcome.padEnd(18), units, times.join(' + '), ...problems].join('  ');
}
