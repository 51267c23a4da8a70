import { failure, success, type Failure, type Result } from '../failure.ts';
import { crc32 } from '../crc32.ts';
import { joined } from './exec.ts';
import { FrameType } from './frame.ts';
import type { Link } from './link.ts';
import { guestError, plainAnswer, type Request, type Requests } from './requests.ts';

const MAX_PATH = 1023;
/** A file that has to fit the guest's memory. */
const MAX_FILE = 64 * 1024 * 1024;

/** An absolute path as bytes. */
export function encodePath(path: string): Result<Uint8Array> {
  const bytes = new TextEncoder().encode(path);
  if (path.startsWith('/') && bytes.length <= MAX_PATH && !bytes.includes(0)) return success(bytes);
  return failure('bad_path', 'This is not a path in the guest.', { where: path.slice(0, 120), expected: `an absolute path of at most ${MAX_PATH} bytes` });
}

/** Writes a whole file beside its place and renames it. Directories on the way are made. */
export function writeRequest(path: string, bytes: Uint8Array, mode: number, requests: Requests, link: Link): Request<undefined> | Failure {
  const name = encodePath(path);
  if (!name.ok) return name;
  if (bytes.length > MAX_FILE) return failure('too_large', 'The file is too large for the guest.', { where: path, expected: `at most ${MAX_FILE} bytes`, found: `${bytes.length} bytes` });
  return {
    begin(channel) {
      link.send(FrameType.Write, channel, numbers([mode & 0o7777], name.value));
      requests.sendAll(FrameType.WriteData, channel, bytes);
      link.send(FrameType.Commit, channel, numbers([bytes.length, crc32(bytes)]));
    },
    onFrame: plainAnswer(path),
  };
}

export interface ReadOptions {
  /** First byte, 0 by default. */
  readonly offset?: number;
  /** At most so many bytes. */
  readonly max?: number;
}

/** Reads a file from an offset to its end or to `max` bytes. */
export function readRequest(path: string, options: ReadOptions, link: Link): Request<Uint8Array<ArrayBuffer>> | Failure {
  const name = encodePath(path);
  if (!name.ok) return name;
  const pieces: Uint8Array[] = [];
  const max = Math.min(options.max ?? MAX_FILE, MAX_FILE);
  let size = 0;
  return {
    begin: (channel) => link.send(FrameType.Read, channel, numbers([options.offset ?? 0, max], name.value)),
    onFrame(type, payload, end) {
      if (type === FrameType.Data && size + payload.length <= max) {
        pieces.push(payload);
        size += payload.length;
      } else if (type === FrameType.Done) end(success(joined(pieces, size)));
      else if (type === FrameType.Error) end(guestError(path, payload));
    },
  };
}

/** Removes a file; a directory stays. */
export function removeRequest(path: string, link: Link): Request<undefined> | Failure {
  const name = encodePath(path);
  if (!name.ok) return name;
  return { begin: (channel) => link.send(FrameType.Remove, channel, name.value), onFrame: plainAnswer(path) };
}

/** Follows a file that grows; it may not exist yet. Cancelling reads what is left and ends well. */
export function tailRequest(path: string, offset: number, onBytes: (bytes: Uint8Array) => void, link: Link): Request<undefined> | Failure {
  const name = encodePath(path);
  if (!name.ok) return name;
  return {
    begin: (channel) => link.send(FrameType.Tail, channel, numbers([offset], name.value)),
    onFrame(type, payload, end) {
      if (type === FrameType.Data) onBytes(payload);
      else if (type === FrameType.Done) end(success(undefined));
      else if (type === FrameType.Error) end(guestError(path, payload));
    },
  };
}

function numbers(values: readonly number[], rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(values.length * 4 + rest.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(i * 4, value, true));
  bytes.set(rest, values.length * 4);
  return bytes;
}
