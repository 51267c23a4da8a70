/** What the toolchain uses of a program that emscripten made; see the programs in `emscripten/`. */
export interface EmscriptenFiles {
  mkdirTree(path: string): void;
  chdir(path: string): void;
  /** Makes an empty file and gives its node. */
  mknod(path: string, mode: number, device: number): EmscriptenNode;
  readFile(path: string): Uint8Array;
}

/** A file in memory: its contents are the array itself. */
export interface EmscriptenNode {
  contents: Uint8Array;
  usedBytes: number;
}

export interface EmscriptenProgram {
  readonly FS: EmscriptenFiles;
  /** Runs `main`; gives its exit status. What breaks down throws. */
  callMain(args: readonly string[]): number;
}

export interface EmscriptenOptions {
  readonly thisProgram: string;
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  print(line: string): void;
  printErr(line: string): void;
}

/** The default export of a program. */
export type EmscriptenFactory = (options: EmscriptenOptions) => Promise<EmscriptenProgram>;

/** A program and its WebAssembly, compiled once and instantiated for every run: neither `cc1` nor `as` can run twice. */
export interface Tool {
  readonly program: EmscriptenFactory;
  readonly wasm: WebAssembly.Module;
}

/** How a run ended. */
export interface ToolRun {
  readonly status: number | undefined;
  /** The exception that ended it, if it broke down. */
  readonly broke: unknown;
  readonly messages: string;
  readonly files: EmscriptenFiles;
  readonly instantiateMs: number;
  readonly filesMs: number;
  readonly runMs: number;
}

/** Where the tree of the kernel is put: apart from the folders that emscripten makes. */
const TREE = '/linux';
/** `S_IFREG` and who may read. */
const REGULAR_FILE = 0o100444;
/** A tool that says more than this says nothing new. */
const MESSAGES_LIMIT = 512 * 1024;

/** Runs a tool once, in a folder that holds nothing but the given files. */
export async function runTool(
  name: string,
  tool: Tool,
  args: readonly string[],
  files: Iterable<readonly [path: string, bytes: Uint8Array]>,
  folders: ReadonlySet<string>,
): Promise<ToolRun> {
  const lines: string[] = [];
  let size = 0;
  const say = (line: string) => {
    size += line.length + 1;
    if (size <= MESSAGES_LIMIT) lines.push(line);
  };
  const began = performance.now();
  const program = await tool.program({
    thisProgram: name,
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(tool.wasm, imports);
      done(instance, tool.wasm);
      return instance.exports;
    },
    print: say,
    printErr: say,
  });
  const instantiated = performance.now();
  program.FS.mkdirTree(TREE);
  for (const folder of folders) program.FS.mkdirTree(`${TREE}/${folder}`);
  // Seven hundred files for a unit: neither copied nor opened and written, which takes three times as long.
  for (const [path, bytes] of files) {
    const node = program.FS.mknod(`${TREE}/${path}`, REGULAR_FILE, 0);
    node.contents = bytes;
    node.usedBytes = bytes.length;
  }
  program.FS.chdir(TREE);
  const ready = performance.now();
  let status: number | undefined;
  let broke: unknown;
  try {
    status = program.callMain([...args]);
  } catch (error) {
    broke = error ?? 'nothing was said';
  }
  return {
    status,
    broke,
    messages: lines.join('\n'),
    files: program.FS,
    instantiateMs: instantiated - began,
    filesMs: ready - instantiated,
    runMs: performance.now() - ready,
  };
}
