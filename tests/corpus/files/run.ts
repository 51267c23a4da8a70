import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilerCount } from '../../../src/cli/gcc.ts';
import { preferPlainCode } from '../../../src/cli/toolchain.ts';
import { ROOT } from '../../../tools/dev/paths.mjs';
import { must, openPack } from '../../node/support.ts';
import { openBuilder } from './build.ts';
import { comparePair, type Compared } from './compare.ts';
import { filePatch, readFileCorpus } from './files.ts';
import { objectStore } from './store.ts';
import { filesPage } from './table.ts';

/**
 * Compares all files of the corpus, or those named, and tells of each; of all, also writes docs/real-fixes.md. Gives how many problems there were.
 */
export async function runFileCorpus(only: readonly string[], tell: (line: string) => void): Promise<number> {
  const corpus = readFileCorpus();
  const pack = await openPack();
  if (pack.manifest.id !== corpus.kernel) throw new Error(`The corpus is for ${corpus.kernel} and not for ${pack.manifest.id}.`);
  const unknown = only.find((file) => !corpus.files.some((entry) => entry.file === file));
  if (unknown !== undefined) throw new Error(`${unknown} is not in the corpus.`);
  // Each unit is compiled once: code that the engine does not optimise is ready sooner.
  preferPlainCode();
  const jobs = compilerCount();
  const builder = await openBuilder(pack, jobs, objectStore);
  const chosen = corpus.files.filter(({ file }) => only.length === 0 || only.includes(file));
  const queue = [...chosen];
  const found = new Map<string, Compared>();
  const lane = async () => {
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      const compared = await comparePair(pack, builder.kernel, entry, must(await builder.build(entry.file, filePatch(entry))));
      found.set(entry.file, compared);
      tell(line(compared));
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, lane));
  } finally {
    builder.close();
  }
  const all = chosen.flatMap(({ file }) => found.get(file) ?? []);
  if (only.length === 0) {
    const date = new Date().toISOString().slice(0, 10);
    writeFileSync(join(ROOT, 'docs/real-fixes.md'), filesPage(corpus, all, date));
  }
  return all.reduce((sum, { problems }) => sum + problems.length, 0);
}

function line({ entry, changes, update, problems }: Compared): string {
  const functions = changes.functions.map(({ name, status }) => (status === 'changed' ? name : `${name} (${status})`)).join(' ');
  const wrong = problems.map((problem) => `\n    ${problem}`).join('');
  return `${entry.file.padEnd(40)} ${changes.verdict.padEnd(10)} ${update.padEnd(16)} ${functions}${wrong}`;
}
