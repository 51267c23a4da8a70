import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { success, type Failure, type Result } from '../engine/failure.ts';
import type { AppliedPatch } from '../engine/patch/apply.ts';
import { decodePatch } from '../engine/patch/input.ts';
import { isPatchFailure } from '../engine/patch/patch-failure.ts';
import { openToolchain as openEngineToolchain } from '../engine/pipeline/open-toolchain.ts';
import type { KernelPack } from '../engine/pipeline/pack.ts';
import type { CompileProgress } from '../engine/toolchain/compile-run.ts';
import { Compiler } from '../engine/toolchain/compiler.ts';
import type { Diagnostic } from '../engine/toolchain/diagnostic.ts';
import type { Toolchain } from '../engine/toolchain/toolchain.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { folderSource, readInput } from './files.ts';
import { compilerCount, spawnGcc } from './gcc.ts';
import type { Output } from './output.ts';

/**
 * V8 optimises cc1's hot functions while they run, and a process does not end before that has. For a few units it costs far more than it gains:
 * one small unit takes 3 s of processor time with plain code and 8 s with optimised code, eleven take 21 s and 24 s, forty 48 s and 56 s, fifty-eight
 * 81 s and 70 s.
 */
const OPTIMISE_FROM = 50;

/** Lets V8 not optimise WebAssembly that it compiles from now on, in this process. */
export function preferPlainCode(): void {
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
}

/** Opens the compiler of this checkout on a kernel pack. */
export async function openToolchain(pack: KernelPack, jobs: number | undefined): Promise<Result<Toolchain>> {
  const compiler = await Compiler.open(
    folderSource(resolve(process.env['HOTSPLICE_ROOT'] ?? '.', 'public/toolchain'), 'public/toolchain'),
  );
  if (!compiler.ok) return compiler;
  return openEngineToolchain(pack, compiler.value, { spawn: spawnGcc, compilers: jobs ?? compilerCount() });
}

/** A patch on the way to objects. */
export interface SourceChange {
  readonly toolchain: Toolchain;
  readonly applied: AppliedPatch;
  /** The patch as its file has it. */
  readonly patch: string;
  /** A file's text after the change. */
  readonly textOf: (path: string) => string | undefined;
}

/** Applies a patch file to the sources of a pack, and says what did not fit exactly and what the change will take. */
export async function openChange(
  output: Output,
  pack: KernelPack,
  file: string,
  jobs: number | undefined,
): Promise<Result<SourceChange>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const toolchain = await openToolchain(pack, jobs);
  if (!toolchain.ok) return toolchain;
  const applied = await toolchain.value.applyPatch(bytes.value);
  if (!applied.ok) return { ...applied, where: applied.where === undefined ? file : `${file}: ${applied.where}` };
  for (const { path, hunk, offset, fuzz, lineEnds } of applied.value.notes) {
    const how = [
      ...(offset === 0 ? [] : [`${Math.abs(offset)} lines further ${offset > 0 ? 'down' : 'up'}`]),
      ...(fuzz === 0 ? [] : [`with fuzz ${fuzz}`]),
      ...(lineEnds ? ['with other line ends'] : []),
    ];
    output.line(`${path}: hunk ${hunk} fits ${how.join(', ')}`);
  }
  for (const path of applied.value.leftOut) output.line(`${path}: left out; this kernel is not built from it`);
  const plan = await toolchain.value.plan(applied.value.files);
  if (!plan.ok) return { ...plan, where: plan.where === undefined ? file : `${file}: ${plan.where}` };
  const { units, seconds, checks } = plan.value;
  const count = units.length === 1 ? '1 unit' : `${units.length} units`;
  const also = checks.length === 0 ? '' : `, and to see that ${checks.join(' and ')} stay as they are`;
  output.progress(`${count} to compile, about ${Math.max(1, Math.round(seconds))} s${also} …`);
  if (units.length < OPTIMISE_FROM) preferPlainCode();
  const changed = new Map(applied.value.files.map((change) => [change.path, change.text]));
  const textOf = (path: string) => {
    if (changed.has(path)) return changed.get(path) ?? undefined;
    const read = toolchain.value.sources.peek(path);
    return read && new TextDecoder().decode(read);
  };
  const patch = decodePatch(bytes.value);
  return patch.ok ? success({ toolchain: toolchain.value, applied: applied.value, patch: patch.value.text, textOf }) : patch;
}

/** Options of a compile that shows where it is and ends at once on Ctrl+C. `done` takes the handler away again. */
export function watchedCompile(output: Output) {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  return {
    options: {
      signal: stop.signal,
      onLoad: (received: number, total: number) => {
        output.step(`Loading the compiler: ${(received / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB …`);
      },
      onProgress: ({ unit, state, done, total, secondsLeft }: CompileProgress) => {
        const left = secondsLeft >= 1 ? `, about ${Math.round(secondsLeft)} s left` : '';
        output.step(`${done} of ${total}  ${unit} ${STATES[state]}${left} …`);
      },
    },
    done: () => void process.off('SIGINT', onInterrupt),
  };
}

const STATES: Record<CompileProgress['state'], string> = {
  compiling: 'is being compiled',
  compiled: 'changed',
  same: 'is as it runs',
  failed: 'failed',
  cached: 'was compiled before',
};

/** Says of objects that they need no update. */
export function sameText(same: readonly string[]): string {
  return same.length === 1 ? `${same[0]} came out as it runs` : `${same.length} other objects came out as they run`;
}

/** Shows a failure, with what the compiler said and where a hunk may belong. */
export function failChange(
  output: Output,
  failed: Failure & { readonly diagnostics?: readonly Diagnostic[] },
  textOf: SourceChange['textOf'] = () => undefined,
): void {
  output.complain(renderDiagnostics(failed.diagnostics ?? [], textOf));
  output.fail(failed);
  if (!isPatchFailure(failed)) return;
  const { nearest, expected } = failed.hunk;
  if (!nearest || nearest.matches === expected.length) return;
  output.complain([
    `  nearest   line ${nearest.line}:`,
    ...nearest.lines.slice(0, 12).map((line, i) => `  ${line === expected[i] ? ' ' : '≠'}           ${line.slice(0, 160)}`),
  ]);
}
