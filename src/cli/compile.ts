import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { success, type Result } from '../engine/failure.ts';
import type { CompiledUnit } from '../engine/toolchain/compile-run.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { fileFailure } from './files.ts';
import { openPack } from './machine.ts';
import { parseJobs } from './options.ts';
import { Output } from './output.ts';
import { failChange, openChange, sameText, watchedCompile } from './toolchain.ts';

interface CompileOptions {
  readonly kernel?: string;
  readonly patch: string;
  readonly output: string;
  readonly jobs?: number;
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
      for (const unit of units) {
        const sizes = `${unit.pre.length} → ${unit.post.length} bytes`;
        output.line(
          `${output.paint('bold', unit.path)}  ${output.paint('yellow', 'changed')}  ${sizes}, compiled in ${seconds(unit.milliseconds)}`,
        );
      }
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
      });
    });
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
