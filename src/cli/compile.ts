import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import type { Changes } from '../engine/diff/changes.ts';
import { diffObjects } from '../engine/diff/diff.ts';
import { success, type Result } from '../engine/failure.ts';
import { sourceEvidence } from '../engine/pipeline/source-evidence.ts';
import type { CompiledUnit } from '../engine/toolchain/compile-run.ts';
import type { Why } from '../engine/why/why.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { fileFailure } from './files.ts';
import { openPack } from './machine.ts';
import { parseJobs } from './options.ts';
import { Output } from './output.ts';
import { showChanges } from './diff.ts';
import { failChange, openChange, sameText, watchedCompile, type SourceChange } from './toolchain.ts';
import { explainUnits, WHY } from './why.ts';

interface CompileOptions {
  readonly kernel?: string;
  readonly patch: string;
  readonly output: string;
  readonly jobs?: number;
  readonly why?: boolean;
  readonly json?: boolean;
  readonly packs?: string;
}

/** `hotsplice compile` */
export function compileCommand(): Command {
  return new Command('compile')
    .description('compile what a source patch changes: the objects that run, and the same with the patch')
    .addOption(new Option('--kernel <id>', 'kernel pack the patch is for (default: the first one)'))
    .requiredOption('--patch <file>', 'the source patch: a unified diff, git’s or plain')
    .requiredOption('-o, --output <folder>', 'where to write pre/ and post/, laid out as in the kernel tree')
    .addOption(
      new Option('--jobs <number>', 'how many compilers work side by side (default: by cores and memory)').argParser(parseJobs),
    )
    .option(...WHY)
    .option('--json', 'print one JSON document')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<CompileOptions>();
      const output = new Output(options);
      const pack = await openPack(options);
      if (!pack.ok) return output.fail(pack);
      const change = await openChange(output, pack.value, options.patch, options.jobs);
      if (!change.ok) return failChange(output, change);
      const { toolchain, applied, textOf } = change.value;
      const watch = watchedCompile(output);
      const compiled = await toolchain.compile(applied.files, watch.options);
      watch.done();
      toolchain.close();
      if (!compiled.ok) return failChange(output, compiled, textOf);
      const { units, same, ignored, diagnostics, milliseconds } = compiled.value;
      const written = await writeObjects(options.output, units);
      if (!written.ok) return output.fail(written);
      output.complain(renderDiagnostics(diagnostics, textOf));
      const explained = options.why ? await explainCompiled(change.value, units) : success(undefined);
      if (!explained.ok) return output.fail(explained);
      for (const unit of units) {
        const sizes = `${unit.pre.length} → ${unit.post.length} bytes`;
        output.line(
          `${output.paint('bold', unit.path)}  ${output.paint('yellow', 'changed')}  ${sizes}, compiled in ${seconds(unit.milliseconds)}`,
        );
      }
      for (const [index, unit] of (explained.value?.changes ?? []).entries())
        showChanges(output, unit, explained.value?.why[index], true);
      if (same.length > 0) output.line(sameText(same));
      if (units.length === 0) output.line('Nothing that runs would change, so there is nothing to update.');
      output.line(
        output.paint('dim', `${units.length + same.length} units in ${seconds(milliseconds)}, objects in ${options.output}`),
      );
      output.document({
        kernel: pack.value.manifest.id,
        compiler: toolchain.compiler.id,
        output: options.output,
        units: units.map((unit) => ({
          object: unit.path,
          pre: join(options.output, 'pre', unit.path),
          post: join(options.output, 'post', unit.path),
          milliseconds: Math.round(unit.milliseconds),
          cached: unit.cached,
        })),
        same,
        ignored: [...new Set([...applied.leftOut, ...ignored])],
        notes: applied.notes,
        diagnostics,
        milliseconds: Math.round(milliseconds),
        ...explained.value,
      });
    });
}

/** What differs between the objects, and why. */
async function explainCompiled(
  { toolchain, applied, patch }: SourceChange,
  units: readonly CompiledUnit[],
): Promise<Result<{ readonly changes: readonly Changes[]; readonly why: readonly Why[] }>> {
  const changes: Changes[] = [];
  for (const { path, pre, post } of units) {
    const compared = diffObjects(pre, post, { objectPath: path });
    if (!compared.ok) return compared;
    changes.push(compared.value);
  }
  const sources = await sourceEvidence(toolchain, applied.files, patch, changes);
  if (!sources.ok) return sources;
  const why = await explainUnits(changes, { patch, sources: sources.value, whole: true });
  return why.ok ? success({ changes, why: why.value }) : why;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Writes the objects of both sides, and takes away those that an earlier compile left there: the two folders are a pair. */
async function writeObjects(folder: string, units: readonly CompiledUnit[]): Promise<Result<void>> {
  for (const side of ['pre', 'post'] as const) {
    const root = join(folder, side);
    try {
      await mkdir(root, { recursive: true });
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        if (entry.isFile() && entry.name.endsWith('.o')) await rm(join(entry.parentPath, entry.name));
      }
      for (const unit of units) {
        const path = join(root, unit.path);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, unit[side]);
      }
    } catch (error) {
      return fileFailure(error, root);
    }
  }
  return success(undefined);
}
