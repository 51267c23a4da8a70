import { Command } from 'commander';
import { readUpdate, type Update, type UpdateModule, type UpdateTarget } from '../engine/update/read.ts';
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
      const { targets, ...rest } = update.value;
      const described = targets.map(({ target, newCode, oldCode }) => ({
        target,
        newCode: describe(newCode),
        oldCode: describe(oldCode),
      }));
      output.document({ ...rest, targets: described });
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
  for (const target of update.targets) showTarget(output, target);
  output.line();
  for (const changes of update.changes) showChanges(output, changes);
  if (update.patch === '') return;
  output.line();
  for (const line of update.patch.trimEnd().split('\n')) output.line(paintPatch(output, line));
}

/** What the core will do, in the words of the modules. */
function showTarget(output: Output, { target, newCode, oldCode }: UpdateTarget): void {
  output.line(`  target  ${target}`);
  for (const module of [newCode, oldCode]) output.line(`  module  ${module.file}, ${module.bytes.length} bytes`);
  const { patches, hooks, exports } = newCode.contents;
  for (const { kind, name, label, offset, size, value } of patches) {
    const place = name === label && offset === 0 ? '' : ` at ${label}${offset > 0 ? `+0x${offset.toString(16)}` : ''}`;
    const details = kind === 'bug' ? `reports line ${value}` : `${size} bytes`;
    output.line(`  ${kind.padEnd(7)} ${name}${place}, ${details}`);
  }
  for (const { kind, function: name } of hooks) output.line(`  hook    ${kind}: ${name}()`);
  for (const { kind, name } of exports) output.line(`  export  ${kind} ${name}`);
  const early = oldCode.contents.sections.filter((section) => section.early).map((section) => section.label);
  if (early.length > 0) output.line(`  early   ${early.join(', ')}`);
}

function paintPatch(output: Output, line: string): string {
  if (/^(---|\+\+\+|diff |index )/.test(line)) return output.paint('bold', line);
  if (line.startsWith('@@')) return output.paint('cyan', line);
  if (line.startsWith('+')) return output.paint('green', line);
  return line.startsWith('-') ? output.paint('red', line) : line;
}
