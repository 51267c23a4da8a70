import { failure, success, type Result } from '../failure.ts';
import type { Cpu } from './v86.ts';

const ZSTD_MAGIC = 0xfd2fb528;
const STATE_MAGIC = 0x86768676;
/** Of v86's state format. */
const STATE_VERSION = 6;
const HEADER_BYTES = 16;
/** Twice what the largest guest needs. */
const MAX_STATE_BYTES = 512 * 1024 * 1024;
const CHUNK = 1024 * 1024;

const HINT = 'The snapshot belongs to another version of the machine or is damaged; rebuild the kernel pack.';

/** A v86 state, unpacked if it is packed with zstd. The bytes given are not changed. */
export function unpackState(bytes: Uint8Array, cpu: Cpu): Result<Uint8Array<ArrayBuffer>> {
  if (bytes.length < HEADER_BYTES) return bad(`at least ${HEADER_BYTES} bytes`, `${bytes.length} bytes`);
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (magic !== ZSTD_MAGIC) return success(new Uint8Array(bytes));
  const size = zstdContentSize(bytes);
  if (size === undefined || size > MAX_STATE_BYTES) return bad('a size in the zstd header', String(size));
  try {
    return success(unzstd(bytes, size, cpu));
  } catch (error) {
    return bad('zstd data', error instanceof Error ? error.message : String(error));
  }
}

/** Checks what v86 would not: it corrupts itself on a state of another memory size. */
export function checkState(state: Uint8Array<ArrayBuffer>, memoryBytes: number): Result<void> {
  const header = new DataView(state.buffer, state.byteOffset, state.byteLength);
  const magic = header.getUint32(0, true);
  if (magic !== STATE_MAGIC) return bad(hex(STATE_MAGIC), hex(magic));
  const version = header.getUint32(4, true);
  if (version !== STATE_VERSION) return bad(`state version ${STATE_VERSION}`, `${version}`);
  if (header.getUint32(8, true) !== state.length) return bad(`${header.getUint32(8, true)} bytes`, `${state.length} bytes`);
  const infoEnd = HEADER_BYTES + header.getUint32(12, true);
  if (infoEnd > state.length) return bad('a state description', 'the end of the file');
  try {
    const info = JSON.parse(new TextDecoder().decode(state.subarray(HEADER_BYTES, infoEnd))) as {
      state?: readonly unknown[];
    } | null;
    const memory = info?.state?.[0];
    if (memory !== memoryBytes) return bad(`a guest with ${memoryBytes} bytes of memory`, `one with ${String(memory)}`);
  } catch (error) {
    return bad('a state description', error instanceof Error ? error.message : String(error));
  }
  return success(undefined);
}

/** The size that a zstd frame's header gives for its content, if it gives one. */
export function zstdContentSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + ((1 << (descriptor & 3)) >> 1);
  switch (descriptor >> 6) {
    case 0:
      return single ? view.getUint8(at) : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

/** Uses the decoder inside v86's WebAssembly. */
function unzstd(bytes: Uint8Array, size: number, cpu: Cpu): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(size);
  const context = cpu.zstd_create_ctx(bytes.length);
  new Uint8Array(cpu.wasm_memory.buffer, cpu.zstd_get_src_ptr(context) >>> 0, bytes.length).set(bytes);
  for (let at = 0; at < size;) {
    const length = Math.min(CHUNK, size - at);
    const pointer = cpu.zstd_read(context, length) >>> 0;
    result.set(new Uint8Array(cpu.wasm_memory.buffer, pointer, length), at);
    cpu.zstd_read_free(pointer, length);
    at += length;
  }
  cpu.zstd_free_ctx(context);
  return result;
}

/**
 * Restores a state. v86's set_state puts three registers of the state beside WebAssembly memory instead of into it, so
 * arithmetic flags of a guest that was not idle would be those of before; here they are written where the CPU reads them.
 */
export function restoreRegisters(cpu: Cpu, restore: () => void): void {
  const { last_result, fpu_status_word, mxcsr } = cpu;
  restore();
  last_result[0] = valueOf(cpu.last_result);
  fpu_status_word[0] = valueOf(cpu.fpu_status_word);
  mxcsr[0] = valueOf(cpu.mxcsr);
  Object.assign(cpu, { last_result, fpu_status_word, mxcsr });
}

function valueOf(register: ArrayLike<number> | number): number {
  return typeof register === 'number' ? register : (register[0] ?? 0);
}

function bad(expected: string, found: string) {
  return failure('bad_snapshot', 'The snapshot cannot be restored.', { expected, found, hint: HINT });
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
