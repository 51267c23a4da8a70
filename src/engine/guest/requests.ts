import { failure, success, type Failure, type Result } from '../failure.ts';
import { FrameType, PAYLOAD_MAX } from './frame.ts';
import type { Link } from './link.ts';

/** What a request does with frames on its channel; `end` gives its result. */
export interface Request<T> {
  readonly onFrame: (type: number, payload: Uint8Array, end: (result: Result<T>) => void) => void;
  readonly begin: (channel: number) => void;
}

interface Pending {
  readonly frame: (type: number, payload: Uint8Array) => void;
  readonly fail: (reason: Failure) => void;
}

interface Waiting {
  readonly start: () => void;
  readonly fail: (reason: Failure) => void;
}

/** The agent has 32 channels. */
const MAX_PENDING = 24;

/** Requests under way, by channel, and those that wait for one. */
export class Requests {
  readonly #link: () => Link;
  readonly #pending = new Map<number, Pending>();
  #waiting: Waiting[] = [];
  #channel = 0;

  constructor(link: () => Link) {
    this.#link = link;
  }

  /** Runs a request to its end. Aborting cancels it in the guest and waits for the agent's last word. */
  run<T>(request: Request<T>, signal?: AbortSignal): Promise<Result<T>> {
    return new Promise((resolve) => {
      const start = () => {
        if (signal?.aborted) {
          resolve(cancelled());
          this.#next();
        } else this.#start(request, resolve, signal);
      };
      if (this.#pending.size < MAX_PENDING) start();
      else this.#waiting.push({ start, fail: resolve });
    });
  }

  frame(channel: number, type: number, payload: Uint8Array): void {
    this.#pending.get(channel)?.frame(type, payload);
  }

  failAll(reason: Failure): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { fail } of [...this.#pending.values(), ...waiting]) fail(reason);
  }

  /** Sends bytes of any length as frames of one type. */
  sendAll(type: number, channel: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PAYLOAD_MAX) this.#link().send(type, channel, bytes.subarray(at, at + PAYLOAD_MAX));
  }

  #start<T>(request: Request<T>, resolve: (result: Result<T>) => void, signal?: AbortSignal): void {
    const channel = this.#newChannel();
    const cancel = () => this.#link().send(FrameType.Cancel, channel);
    const end = (result: Result<T>) => {
      if (!this.#pending.delete(channel)) return;
      signal?.removeEventListener('abort', cancel);
      resolve(signal?.aborted && !result.ok && result.code === 'guest_error' ? cancelled() : result);
      this.#next();
    };
    this.#pending.set(channel, { frame: (type, payload) => request.onFrame(type, payload, end), fail: end });
    signal?.addEventListener('abort', cancel);
    request.begin(channel);
  }

  #next(): void {
    if (this.#pending.size < MAX_PENDING) this.#waiting.shift()?.start();
  }

  #newChannel(): number {
    do this.#channel = (this.#channel % 0xffff) + 1;
    while (this.#pending.has(this.#channel));
    return this.#channel;
  }
}

/** What a request ends with that was aborted on this side. */
export function cancelled(): Failure {
  return failure('cancelled', 'The request was cancelled.');
}

/** An answer with no content: DONE, or the guest's error. */
export function plainAnswer(where: string): Request<undefined>['onFrame'] {
  return (type, payload, end) => {
    if (type === FrameType.Done) end(success(undefined));
    else if (type === FrameType.Error) end(guestError(where, payload));
  };
}

const ERRNO: Readonly<Record<number, string>> = {
  1: 'EPERM, operation not permitted',
  2: 'ENOENT, no such file or directory',
  5: 'EIO, input/output error',
  7: 'E2BIG, too long',
  11: 'EAGAIN, too many at once',
  12: 'ENOMEM, out of memory',
  13: 'EACCES, permission denied',
  16: 'EBUSY, busy',
  17: 'EEXIST, file exists',
  19: 'ENODEV, no such device',
  20: 'ENOTDIR, not a directory',
  21: 'EISDIR, is a directory',
  22: 'EINVAL, invalid argument',
  28: 'ENOSPC, no space left',
  30: 'EROFS, read-only file system',
  40: 'ELOOP, too many symbolic links',
  74: 'EBADMSG, damaged on the way',
  125: 'ECANCELED, cancelled',
};

const MAX_TEXT = 200;

/** The agent's ERROR frame as a failure. */
export function guestError(where: string, payload: Uint8Array): Failure {
  const errno = payload.length >= 4 ? new DataView(payload.buffer, payload.byteOffset).getInt32(0, true) : 0;
  const doing = new TextDecoder().decode(payload.subarray(4, 4 + MAX_TEXT));
  return failure('guest_error', 'The guest could not do this.', { where, found: `${doing}: ${ERRNO[errno] ?? `errno ${errno}`}` });
}
