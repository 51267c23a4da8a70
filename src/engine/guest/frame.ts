import { crc32 } from '../crc32.ts';

/** Numbers of docs/agent-protocol.md; guest/agent/agent.h has the same. */
export const FrameType = {
  Hello: 1,
  Ready: 2,
  Ack: 3,
  Exec: 16,
  Command: 17,
  Input: 18,
  Start: 19,
  Cancel: 20,
  Write: 24,
  WriteData: 25,
  Commit: 26,
  Read: 32,
  Remove: 33,
  Tail: 34,
  Ping: 35,
  Stdout: 64,
  Stderr: 65,
  Exit: 66,
  Data: 67,
  Done: 68,
  Error: 69,
} as const;

export const PROTOCOL_VERSION = 1;
/** A frame with its header fits one buffer of the virtio console: a page. */
export const FRAME_MAX = 4096;
export const HEADER_SIZE = 28;
export const PAYLOAD_MAX = FRAME_MAX - HEADER_SIZE;

export interface Frame {
  readonly session: number;
  /** 0: not sequenced. */
  readonly sequence: number;
  /** The last frame that the sender has received in order. */
  readonly acknowledged: number;
  readonly type: number;
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** The two directions differ in their first bytes, so that an echo of the console is never taken for an answer. */
export type Direction = 'to-guest' | 'to-host';

const MAGIC: Readonly<Record<Direction, number>> = { 'to-guest': 0x3e505348, 'to-host': 0x3c505348 };
const FIRST_BYTE = 0x48;

/** The bytes of a frame. The payload has at most PAYLOAD_MAX bytes. */
export function encodeFrame(frame: Frame, direction: Direction): Uint8Array {
  const { payload } = frame;
  if (payload.length > PAYLOAD_MAX) throw new RangeError(`a payload of ${payload.length} bytes; at most ${PAYLOAD_MAX} fit`);
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC[direction], true);
  view.setUint32(4, frame.session, true);
  view.setUint32(8, frame.sequence, true);
  view.setUint32(12, frame.acknowledged, true);
  view.setUint8(16, frame.type);
  view.setUint16(18, frame.channel, true);
  view.setUint16(20, payload.length, true);
  bytes.set(payload, HEADER_SIZE);
  view.setUint32(24, crc32(payload, crc32(bytes.subarray(0, 24))), true);
  return bytes;
}

/** Finds frames in a stream that may have lost bytes anywhere. */
export class FrameReader {
  readonly #magic: number;
  readonly #onFrame: (frame: Frame) => void;
  #bytes = new Uint8Array(4 * FRAME_MAX);
  #size = 0;

  constructor(direction: Direction, onFrame: (frame: Frame) => void) {
    this.#magic = MAGIC[direction];
    this.#onFrame = onFrame;
  }

  /** True if the beginning of a frame waits for its rest. */
  get pending(): boolean {
    return this.#size > 0;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(bytes.length - at, this.#bytes.length - this.#size);
      this.#bytes.set(bytes.subarray(at, at + count), this.#size);
      this.#size += count;
      at += count;
      this.#parse(false);
    }
  }

  /** The rest of a begun frame is late, so it is lost: looks for a frame after its beginning. */
  giveUp(): void {
    this.#parse(true);
  }

  clear(): void {
    this.#size = 0;
  }

  #parse(stale: boolean): void {
    let at = 0;
    while (at < this.#size) {
      const count = this.#take(at, stale);
      if (count === 0) break;
      at += count;
    }
    // A listener may have cleared the reader.
    this.#bytes.copyWithin(0, at, this.#size);
    this.#size = Math.max(0, this.#size - at);
  }

  /** How many bytes from `at` are done with; 0 if more are needed. */
  #take(at: number, stale: boolean): number {
    const left = this.#size - at;
    const view = new DataView(this.#bytes.buffer, at, left);
    if (left < HEADER_SIZE) {
      if (!stale && this.#bytes[at] === FIRST_BYTE) return 0;
      return this.#skip(at);
    }
    if (view.getUint32(0, true) !== this.#magic) return this.#skip(at);
    const length = view.getUint16(20, true);
    if (length > PAYLOAD_MAX) return this.#skip(at);
    if (left < HEADER_SIZE + length) return stale ? this.#skip(at) : 0;
    const payload = this.#bytes.slice(at + HEADER_SIZE, at + HEADER_SIZE + length);
    if (crc32(payload, crc32(this.#bytes.subarray(at, at + 24))) !== view.getUint32(24, true)) return this.#skip(at);
    this.#onFrame({
      session: view.getUint32(4, true),
      sequence: view.getUint32(8, true),
      acknowledged: view.getUint32(12, true),
      type: view.getUint8(16),
      channel: view.getUint16(18, true),
      payload,
    });
    return HEADER_SIZE + length;
  }

  /** To the next byte that a frame may begin with. */
  #skip(at: number): number {
    const next = this.#bytes.subarray(0, this.#size).indexOf(FIRST_BYTE, at + 1);
    return (next < 0 ? this.#size : next) - at;
  }
}
