import { failure, success, type Failure, type Result } from '../engine/failure.ts';
import { openToolchain } from '../engine/pipeline/open-toolchain.ts';
import { KernelPack } from '../engine/pipeline/pack.ts';
import { Compiler, type LoadTool } from '../engine/toolchain/compiler.ts';
import type { BlobStore } from '../engine/toolchain/object-cache.ts';
import type { Toolchain } from '../engine/toolchain/toolchain.ts';
import { parseFunctions } from './function-index.ts';
import { spawnGcc } from './gcc-spawn.ts';
import { SearchIndex, type FunctionPlace } from './search.ts';
import { Store } from './store.ts';
import { StoredSource } from './stored-source.ts';
import { loadWasm } from './wasm-module.ts';

/** Where the toolchain finds its files. */
export interface ToolchainPlaces {
  /** Addresses of the folders `kernels/` and `toolchain/`, with a slash at their end. */
  readonly kernels: string;
  readonly toolchain: string;
  /** Id of the kernel pack. */
  readonly kernel: string;
}

/** A toolchain with its indexes; of the compiler nothing is loaded yet. */
export interface OpenedToolchain {
  readonly toolchain: Toolchain;
  readonly pack: KernelPack;
  readonly search: SearchIndex;
  readonly functions: number;
  readonly compilers: number;
  /** What the browser's storage does not do. */
  notes(): readonly Failure[];
}

/** All of a pack's sources and the compiler are 18 MB; an object has 30 KB. */
const SHELF_LIMITS = { files: 64 * 1024 * 1024, objects: 64 * 1024 * 1024 };
/** Roles of the pack's files that are read at once. */
const INDEXES = ['units', 'sources', 'objects'];
const FUNCTIONS = 'functions';
/** A compiler takes some 200 MB: two are worth it on any computer with two cores, more only where there are plenty. */
const MANY_CORES = 8;
const MOST_COMPILERS = 4;

/** Loads the indexes of a kernel's sources. `onLoad` hears of bytes that come over the network. */
export async function openPlaces(
  places: ToolchainPlaces,
  onLoad: (received: number, total: number) => void,
): Promise<Result<OpenedToolchain>> {
  const [files, objects] = await Promise.all([
    Store.open('files', SHELF_LIMITS.files),
    Store.open('objects', SHELF_LIMITS.objects),
  ]);
  let received = 0;
  let total = 0;
  const source = new StoredSource(places.kernels, 'kernels', files, (bytes) => onLoad((received += bytes), total));
  const pack = await KernelPack.open(source, places.kernel);
  if (!pack.ok) return pack;
  const missing = INDEXES.find((role) => !pack.value.has(role));
  if (missing) {
    return failure('no_sources', 'This kernel pack holds no sources, so nothing can be compiled for it.', {
      where: `kernels/${places.kernel}`,
      expected: `a file with the role ${missing}`,
      hint: 'Lessons work all the same. Rebuild the pack as docs/rebuilding-a-pack.md says.',
    });
  }
  total = Object.values(pack.value.manifest.files)
    .filter(({ role }) => INDEXES.includes(role) || role === FUNCTIONS)
    .reduce((sum, { size }) => sum + size, received);
  const tools = new StoredSource(places.toolchain, 'toolchain', files);
  const compiler = await Compiler.open(tools, toolLoader(places.toolchain, files));
  if (!compiler.ok) return compiler;
  const compilers = compilersFor(navigator.hardwareConcurrency);
  const [toolchain, functions] = await Promise.all([
    openToolchain(pack.value, compiler.value, { spawn: spawnGcc, compilers, store: behind(objects) }),
    readFunctions(pack.value),
  ]);
  if (!toolchain.ok) return toolchain;
  if (!functions.ok) return functions;
  return success({
    toolchain: toolchain.value,
    pack: pack.value,
    search: new SearchIndex(toolchain.value.sources.paths, functions.value),
    functions: functions.value.length,
    compilers,
    notes: () => distinct([files.note, objects.note]),
  });
}

/** Without a list of functions, only files are found. */
async function readFunctions(pack: KernelPack): Promise<Result<readonly FunctionPlace[]>> {
  if (!pack.has(FUNCTIONS)) return success([]);
  const text = await pack.text(FUNCTIONS);
  return text.ok ? parseFunctions(text.value, `kernels/${pack.manifest.id}/functions.json.gz`) : text;
}

/** A build does not wait until its objects are written down. */
function behind(objects: Store): BlobStore {
  return {
    get: (key) => objects.get(key),
    put(key, bytes) {
      void objects.put(key, bytes);
      return Promise.resolve();
    },
  };
}

/** The page's way to load a program: while it arrives, and only once in the life of a browser. */
function toolLoader(base: string, files: Store): LoadTool {
  return (tool, onBytes) =>
    loadWasm({ ...tool, url: new URL(tool.file, base).href, where: `toolchain/${tool.file}` }, files, onBytes);
}

function compilersFor(cores: number): number {
  return cores >= MANY_CORES ? MOST_COMPILERS : Math.min(2, Math.max(1, cores));
}

function distinct(notes: readonly (Failure | undefined)[]): readonly Failure[] {
  return [...new Map(notes.flatMap((note) => (note ? [[note.code, note] as const] : []))).values()];
}
