import type { Contents } from './changed-tree.ts';
import { MESSAGE_ARGUMENTS } from './compiler-messages.ts';
import { runTool, type Tool, type ToolRun } from './emscripten.ts';
import type { JobTimings, ToolName, UnitJob, UnitOutcome } from './unit-job.ts';

const ASSEMBLY = '.unit.s';
const OBJECT = '.unit.o';

/**
 * The compiler in its thread: runs one job after the other and keeps the pack's files between them. A job blocks the thread until it is
 * done; who wants to end it earlier ends the thread.
 */
export class GccRunner {
  readonly #tools: Readonly<Record<ToolName, Tool>>;
  readonly #files = new Map<string, Uint8Array>();
  #changes: ReadonlyMap<string, Contents> = new Map();

  constructor(tools: Readonly<Record<ToolName, Tool>>) {
    this.#tools = tools;
  }

  /** Compiles one unit. Everything that can go wrong with the source is an outcome; only a bug throws. */
  async run(job: UnitJob): Promise<UnitOutcome> {
    for (const [path, bytes] of job.supply) this.#files.set(path, bytes);
    if (job.changes) this.#changes = new Map(job.changes);
    const { files, folders } = this.#tree(job);
    const compiled = await runTool('cc1', this.#tools.cc1, [...job.cc1, ...MESSAGE_ARGUMENTS, '-o', ASSEMBLY], files, folders);
    const made = output('cc1', compiled, ASSEMBLY);
    if (!(made instanceof Uint8Array))
      return { ...made, messages: { cc1: compiled.messages, as: '' }, timings: timings(compiled) };
    if (job.as === undefined) {
      return { kind: 'made', output: made, messages: { cc1: compiled.messages, as: '' }, timings: timings(compiled) };
    }
    const assembled = await runTool(
      'as',
      this.#tools.as,
      [...job.as, '-o', OBJECT, ASSEMBLY],
      [...(readsFiles(made) ? files : []), [ASSEMBLY, made] as const],
      folders,
    );
    const ended = {
      messages: { cc1: compiled.messages, as: assembled.messages },
      timings: timings(compiled, assembled),
    };
    const object = output('as', assembled, OBJECT);
    return object instanceof Uint8Array ? { kind: 'made', output: object, ...ended } : { ...object, ...ended };
  }

  /** The job's files as they are to be, and the folders they need. A search path may name folders that hold none. */
  #tree(job: UnitJob): { files: (readonly [string, Uint8Array])[]; folders: Set<string> } {
    const files: (readonly [string, Uint8Array])[] = [];
    const folders = new Set<string>();
    for (const path of job.files) {
      const change = this.#changes.get(path);
      const bytes = change === undefined ? this.#files.get(path) : change;
      if (bytes === undefined) throw new RangeError(`${path} was never supplied.`);
      if (bytes === null) continue;
      files.push([path, bytes]);
      const end = path.lastIndexOf('/');
      if (end > 0) folders.add(path.slice(0, end));
    }
    return { files, folders };
  }
}

/** Whether assembly text names other files. Hardly any does, and then the assembler has nothing to look for. */
function readsFiles(assembly: Uint8Array): boolean {
  return /\.inc(?:bin|lude)\b/.test(new TextDecoder('latin1').decode(assembly));
}

type Without<T> = T extends unknown ? Omit<T, 'messages' | 'timings'> : never;
type Ending = Without<Exclude<UnitOutcome, { kind: 'made' }>>;

/** What the tool wrote, or how it failed. */
function output(tool: ToolName, run: ToolRun, path: string): Uint8Array | Ending {
  if (run.broke !== undefined) return { kind: 'crashed', tool, reason: reasonOf(run), found: said(run.broke) };
  if (run.status !== 0) {
    const status = run.status ?? -1;
    if (OUT_OF_MEMORY.test(run.messages)) return { kind: 'crashed', tool, reason: 'memory', found: lastLine(run.messages) };
    if (INTERNAL.test(run.messages)) return { kind: 'crashed', tool, reason: 'trap', found: lastLine(run.messages) };
    return { kind: 'failed', tool, status };
  }
  return run.files.readFile(path);
}

const OUT_OF_MEMORY = /out of memory|virtual memory exhausted|memory exhausted/;
const INTERNAL = /internal compiler error/;

function reasonOf({ broke, messages }: ToolRun): 'memory' | 'stack' | 'trap' {
  if (broke instanceof RangeError && /call stack/i.test(broke.message)) return 'stack';
  return OUT_OF_MEMORY.test(messages) || /out of memory|allocation failed|invalid typed array length/i.test(said(broke))
    ? 'memory'
    : 'trap';
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function timings(cc1: ToolRun, as?: ToolRun): JobTimings {
  return {
    files: cc1.filesMs + (as?.filesMs ?? 0),
    instantiate: cc1.instantiateMs + (as?.instantiateMs ?? 0),
    cc1: cc1.runMs,
    as: as?.runMs ?? 0,
  };
}
