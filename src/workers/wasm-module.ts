import { failure, success, type Failure, type Result } from '../engine/failure.ts';
import { sha256 } from '../engine/toolchain/file-source.ts';
import { keptFile, type FileShelf } from './stored-source.ts';

/** A gzipped WebAssembly file as its manifest lists it. */
export interface WasmFile {
  readonly url: string;
  /** Names it in failures. */
  readonly where: string;
  readonly size: number;
  readonly sha256: string;
  /** Size of the WebAssembly itself. */
  readonly unpacked: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Fetches and compiles a gzipped WebAssembly file. It is unpacked and compiled while it arrives; the module is handed out only
 * after all of its bytes were found to be the manifest's. What was kept is taken instead of fetched, and what was fetched is kept.
 */
export async function loadWasm(
  file: WasmFile,
  shelf: FileShelf,
  onBytes: (received: number) => void,
): Promise<Result<WebAssembly.Module>> {
  const kept = await keptFile(shelf, file.sha256);
  if (kept) {
    const module = await compile(file, new Blob([kept]).stream());
    return module.ok ? success(module.value.module) : module;
  }
  let response: Response;
  try {
    response = await fetch(file.url);
  } catch (error) {
    return unreachable(file, error);
  }
  if (!response.ok || !response.body) {
    return failure('toolchain_file', 'A part of the compiler could not be loaded.', {
      where: file.where,
      found: `HTTP ${response.status}`,
      hint: 'Reload the page. If the file is missing on the server, build the page anew.',
    });
  }
  const fetched = await compile(file, response.body, onBytes);
  if (!fetched.ok) return fetched;
  void shelf.put(file.sha256, fetched.value.packed);
  return success(fetched.value.module);
}

async function compile(
  file: WasmFile,
  stream: ReadableStream<Bytes>,
  onBytes?: (received: number) => void,
): Promise<Result<{ readonly module: WebAssembly.Module; readonly packed: Bytes }>> {
  const gunzip = new DecompressionStream('gzip');
  const wasm = gunzip.readable.pipeThrough(atMost(file.unpacked));
  const compiling = settled(
    WebAssembly.compileStreaming(new Response(wasm, { headers: { 'Content-Type': 'application/wasm' } })),
  );
  const collected = await collect(file, stream, gunzip.writable.getWriter(), onBytes);
  if (!collected.ok) return collected;
  // What broke it on the way is no matter if the bytes were wrong to begin with.
  const [compiled, wrong] = await Promise.all([compiling, verify(file, collected.value)]);
  if (wrong) return wrong;
  if (compiled.status === 'fulfilled') return success({ module: compiled.value, packed: collected.value });
  return failure('toolchain_unusable', 'This browser cannot run the compiler.', {
    where: file.where,
    found: messageOf(compiled.reason),
    hint: 'Use a browser of the last two years, and close other tabs if memory is short.',
  });
}

/** Hands the stream on to the compiler piece by piece, and gives all of it at the end. */
async function collect(
  file: WasmFile,
  stream: ReadableStream<Bytes>,
  sink: WritableStreamDefaultWriter<BufferSource>,
  onBytes?: (received: number) => void,
): Promise<Result<Bytes>> {
  const reader = stream.getReader();
  const packed = new Uint8Array(file.size);
  let size = 0;
  // If the compiler gives up it says so itself; here the bytes are still wanted, for their hash.
  let refused = false;
  const refuse = (): void => {
    refused = true;
  };
  sink.closed.catch(refuse);
  for (;;) {
    let part: ReadableStreamReadResult<Bytes>;
    try {
      part = await reader.read();
    } catch (error) {
      sink.abort().catch(refuse);
      return unreachable(file, error);
    }
    if (part.done) break;
    if (size + part.value.length > file.size) {
      void reader.cancel();
      sink.abort().catch(refuse);
      return wrongSize(file, 'more');
    }
    packed.set(part.value, size);
    size += part.value.length;
    onBytes?.(part.value.length);
    if (!refused) await sink.write(part.value).catch(refuse);
  }
  sink.close().catch(refuse);
  return size === file.size ? success(packed) : wrongSize(file, `${size} bytes`);
}

/** A gzip file of a few KB may hold gigabytes. */
function atMost(limit: number): TransformStream<Bytes, Bytes> {
  let size = 0;
  return new TransformStream({
    transform(piece, controller) {
      size += piece.length;
      if (size > limit) controller.error(new RangeError(`unpacks to more than ${limit} bytes`));
      else controller.enqueue(piece);
    },
  });
}

async function verify(file: WasmFile, packed: Bytes): Promise<Failure | undefined> {
  const found = await sha256(packed);
  if (!found.ok) return { ...found, where: file.where };
  if (found.value === file.sha256) return undefined;
  return failure('toolchain_hash', 'A part of the compiler is not the file its manifest lists.', {
    where: file.where,
    expected: `sha256 ${file.sha256}`,
    found: `sha256 ${found.value}`,
    hint: REFETCH,
  });
}

function wrongSize(file: WasmFile, found: string): Failure {
  return failure('toolchain_hash', 'A part of the compiler has the wrong size.', {
    where: file.where,
    expected: `${file.size} bytes`,
    found,
    hint: REFETCH,
  });
}

function unreachable(file: WasmFile, error: unknown): Failure {
  return failure('fetch_failed', 'A part of the compiler could not be fetched.', {
    where: file.where,
    found: messageOf(error),
    hint: 'Look at the connection and try again.',
  });
}

async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const REFETCH = 'Reload the page without its cache. If that does not help, the server’s copy is damaged.';
