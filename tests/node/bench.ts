import { diffObjects } from '../../src/engine/diff/diff.ts';
import type { ApplyReport } from '../../src/engine/pipeline/report.ts';
import { createUpdate } from '../../src/engine/update/create.ts';
import { benchDiff } from './bench-diff.ts';
import { lessonNumber, lessonUpdate, must, openPack, openSession, unitsOf } from './support.ts';

/** What one row of the table holds. */
interface Row {
  readonly name: string;
  readonly unit: 'ms' | 'µs' | 'instructions' | '×';
  readonly values: number[];
}

const rows: Row[] = [];

function add(name: string, unit: Row['unit'], value: number): void {
  let row = rows.find((other) => other.name === name);
  if (!row) rows.push((row = { name, unit, values: [] }));
  row.values.push(value);
}

/** Times one step in milliseconds. */
async function time<T>(name: string, step: () => T | Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await step();
  add(name, 'ms', performance.now() - began);
  return result;
}

function addStop(name: string, report: Pick<ApplyReport, 'stopMicroseconds' | 'stopInstructions'>): void {
  add(`stop (${name})`, 'µs', report.stopMicroseconds);
  if (report.stopInstructions !== undefined) add(`stop (${name}, instructions)`, 'instructions', report.stopInstructions);
}

/** Measures the differ, and the steps of the line with lesson 2, each `runs` times; the cold boot once. */
export async function benchEngine(runs: number): Promise<readonly Row[]> {
  const files = lessonNumber(2);
  const units = await unitsOf(files);
  const { manifest } = await openPack();
  const { id, tarball } = await lessonUpdate(files);
  await benchDiff(runs, add);
  const cold = await time('boot (kernel to agent)', () => openSession({ from: 'kernel' }));
  await cold.close();
  for (let run = 0; run < runs; run++) {
    const session = await time('restore (snapshot to agent)', () => openSession());
    await time('diff (lesson 2)', () => units.map(({ path, pre, post }) => must(diffObjects(pre, post, { objectPath: path }))));
    await time('create (lesson 2)', () => must(createUpdate({ id, kernel: manifest, units, timestamp: 0 })));
    addStop('apply', await time('apply (lesson 2)', async () => must(await session.apply(tarball))));
    addStop('undo', await time('undo (lesson 2)', async () => must(await session.undo(id))));
    await time('reset', async () => must(await session.reset()));
    await session.close();
  }
  return rows;
}
