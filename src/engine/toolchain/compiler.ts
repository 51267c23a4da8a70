import * as v from 'valibot';
import { failure, success, type Result } from '../failure.ts';
import { readPacked, REFETCH, type FileSource } from './file-source.ts';
import { count, hash, parseJson } from './json.ts';
import type { OnLoad } from './source-tree.ts';
import type { ToolName } from './unit-job.ts';

const MANIFEST_LIMIT = 1024 * 1024;
/** Larger than any of the programs; a limit on what an index may ask for. */
const WASM_LIMIT = 128 * 1024 * 1024;
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,79}$/));
const size = v.pipe(count, v.maxValue(WASM_LIMIT));

const manifest = v.looseObject({
  format: v.literal(1),
  id: name,
  version: name,
  files: v.record(
    name,
    v.looseObject({ role: v.optional(name), size, sha256: hash, unpacked: v.optional(size), wasmSha256: v.optional(hash) }),
  ),
});

/** The compiler's programs, compiled for this computer. */
export type CompilerModules = Readonly<Record<ToolName, WebAssembly.Module>>;

/** A gzipped program, as the manifest lists it. */
export interface ToolFile {
  /** Its name beside the manifest. */
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly unpacked: number;
  /** Hash of the WebAssembly itself. */
  readonly wasmSha256: string;
}

/** Loads, verifies and compiles a program; hears of bytes as they come. */
export type LoadTool = (tool: ToolFile, onBytes: (received: number) => void) => Promise<Result<WebAssembly.Module>>;

/** The compiler as it is shipped (`public/toolchain`): first only what it says of itself; its programs come when they are wanted. */
export class Compiler {
  /** Such as `gcc-12.2.0-14+deb12u1`. */
  readonly id: string;
  /** Such as `12.2.0`. */
  readonly version: string;
  readonly #loadTool: LoadTool;
  readonly #tools: Readonly<Record<ToolName, ToolFile>>;
  #modules: Promise<Result<CompilerModules>> | undefined;

  private constructor(loadTool: LoadTool, parsed: v.InferOutput<typeof manifest>, tools: Record<ToolName, ToolFile>) {
    this.#loadTool = loadTool;
    this.id = parsed.id;
    this.version = parsed.version;
    this.#tools = tools;
  }

  /** Reads the manifest. Fails with `bad_toolchain`. A page may bring its own way to load a program while it arrives. */
  static async open(source: FileSource, loadTool: LoadTool = loadWhole(source)): Promise<Result<Compiler>> {
    const bytes = await source.read(MANIFEST, MANIFEST_LIMIT);
    if (!bytes.ok) return bytes;
    const parsed = parseJson(manifest, new TextDecoder().decode(bytes.value), WHERE, 'bad_toolchain');
    if (!parsed.ok) return parsed;
    const tool = (role: ToolName): ToolFile | undefined => {
      const found = Object.entries(parsed.value.files).find(([, entry]) => entry.role === role);
      if (!found) return undefined;
      const [file, entry] = found;
      const { unpacked, wasmSha256 } = entry;
      if (unpacked === undefined || wasmSha256 === undefined) return undefined;
      return { file, size: entry.size, sha256: entry.sha256, unpacked, wasmSha256 };
    };
    const cc1 = tool('cc1');
    const as = tool('as');
    if (!cc1 || !as) {
      return failure('bad_toolchain', 'The toolchain lists no compiler or no assembler.', { where: WHERE, hint: REFETCH });
    }
    return success(new Compiler(loadTool, parsed.value, { cc1, as }));
  }

  /** Equal for compilers that write equal objects. */
  get identity(): string {
    return `${this.#tools.cc1.wasmSha256} ${this.#tools.as.wasmSha256}`;
  }

  /** Compressed bytes of the programs. */
  get size(): number {
    return this.#tools.cc1.size + this.#tools.as.size;
  }

  /** True once {@link load} was asked for and has not failed. */
  get loading(): boolean {
    return this.#modules !== undefined;
  }

  /** Loads, verifies and compiles the programs, once; after a failure the next call tries again. */
  load(onLoad?: OnLoad): Promise<Result<CompilerModules>> {
    this.#modules ??= this.#load(onLoad).then((result) => {
      if (!result.ok) this.#modules = undefined;
      return result;
    });
    return this.#modules;
  }

  async #load(onLoad: OnLoad | undefined): Promise<Result<CompilerModules>> {
    let received = 0;
    const onBytes = (bytes: number) => {
      received += bytes;
      onLoad?.(received, this.size);
    };
    const [cc1, as] = await Promise.all([this.#loadTool(this.#tools.cc1, onBytes), this.#loadTool(this.#tools.as, onBytes)]);
    if (!cc1.ok) return cc1;
    if (!as.ok) return as;
    return success({ cc1: cc1.value, as: as.value });
  }
}

/** Reads a program whole, verifies it, and compiles it. */
function loadWhole(source: FileSource): LoadTool {
  return async (tool, onBytes) => {
    const bytes = await readPacked(source, tool.file, tool);
    if (!bytes.ok) return bytes;
    onBytes(tool.size);
    return compile(bytes.value, tool.file);
  };
}

async function compile(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<Result<WebAssembly.Module>> {
  if (typeof WebAssembly !== 'object') return NOTHING;
  try {
    return success(await WebAssembly.compile(bytes));
  } catch (error) {
    return failure('no_wasm', 'The compiler could not be prepared.', {
      where: `toolchain/${file}`,
      found: error instanceof Error ? error.message : String(error),
      hint: 'Close other tabs or programs, or use a browser of the last two years without lockdown mode.',
    });
  }
}

const MANIFEST = 'manifest.json';
const WHERE = 'toolchain/manifest.json';
const NOTHING = failure('no_wasm', 'This browser does not run WebAssembly, which the compiler is made of.', {
  hint: 'Use a browser of the last two years, without lockdown mode.',
});
