import { Command } from 'commander';
import { readUpdate, type Update, type UpdateModule } from '../engine/update/read.ts';
import { showChanges } from './diff.ts';
import { readInput } from './files.ts';
import { Output } from './output.ts';

/** `hotsplice inspect UPDATE` */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('tell what is in an update')
    .argument('<update>', 'update tarball')
    .option('--json', 'print one JSON document')
    .action(async (file: string, options: { json?: boolean }) => {
      const output = new Output(options);
      const bytes = await readInput(file);
      if (!bytes.ok) return output.fail(bytes);
      const update = readUpdate(bytes.value);
      if (!update.ok) return output.fail({ ...update, where: update.where ? `${file}: ${update.where}` : file });
      show(output, update.value);
      const { newCode, oldCode, ...rest } = update.value;
      output.document({ ...rest, newCode: describe(newCode), oldCode: describe(oldCode) });
    });
}

function describe({ name, file, bytes, contents }: UpdateModule) {
  return { name, file, size: bytes.length, ...contents };
}

function show(output: Output, update: Update): void {
  const made = new Date(update.timestamp * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
  output.line(`${output.paint('bold', update.id)}${update.description ? `  ${update.description}` : ''}`);
  output.line(`  for     ${update.kernel} (Linux ${update.release}, ${update.machine})`);
  output.line(`  made    ${made}`);
  for (const module of [update.newCode, update.oldCode]) output.line(`  module  ${module.file}, ${module.bytes.length} bytes`);
  output.line();
  for (const changes of update.changes) showChanges(output, changes);
  if (update.patch === '') return;
  output.line();
  for (const line of update.patch.trimEnd().split('\n')) output.line(paintPatch(output, line));
}

function paintPatch(output: Output, line: string): string {
  if (/^(---|\+\+\+|diff |index )/.test(line)) return output.paint('bold', line);
  if (line.startsWith('@@')) return output.paint('cyan', line);
  if (line.startsWith('+')) return output.paint('green', line);
  return line.startsWith('-') ? output.paint('red', line) : line;
}
