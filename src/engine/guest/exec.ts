import { failure, success, type Failure } from '../failure.ts';
import { FrameType } from './frame.ts';
import type { Link } from './link.ts';
import { cancelled, guestError, type Request, type Requests } from './requests.ts';

export type GuestUser = 'root' | 'student';

export interface ExecOptions {
  /** A shell string, run by `/bin/sh -c`. */
  readonly command: string;
  readonly user?: GuestUser;
  readonly stdin?: string | Uint8Array;
  /** The whole process group is killed then. Without it a command may run for ever. */
  readonly timeoutMs?: number;
  /** Output as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  readonly signal?: AbortSignal;
  /** Output beyond so many bytes kills the command. */
  readonly maxOutput?: number;
}

export interface ExecResult {
  /** Exit status; 128 + number if a signal ended the command, as a shell counts. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_COMMAND = 64 * 1024;
const Cause = { Status: 0, Signal: 1, Timeout: 2, Cancelled: 3 } as const;

/** Builds the request that runs a command. */
export function execRequest(options: ExecOptions, requests: Requests, link: Link): Request<ExecResult> | Failure {
  const encoder = new TextEncoder();
  const command = encoder.encode(options.command);
  const where = options.command.slice(0, 120);
  if (command.length > MAX_COMMAND || command.includes(0)) {
    return failure('bad_command', 'The command cannot be given to a shell.', { where, expected: `at most ${MAX_COMMAND} bytes without NUL`, found: `${command.length} bytes` });
  }
  const stdin = typeof options.stdin === 'string' ? encoder.encode(options.stdin) : options.stdin;
  const output = { stdout: new Gather(), stderr: new Gather() };
  const limit = options.maxOutput ?? MAX_OUTPUT;
  let channelOf = 0;
  let tooMuch = false;

  function take(stream: 'stdout' | 'stderr', bytes: Uint8Array) {
    if (tooMuch) return;
    output[stream].push(bytes);
    options.onOutput?.(stream, bytes);
    if (output.stdout.size + output.stderr.size <= limit) return;
    tooMuch = true;
    link.send(FrameType.Cancel, channelOf);
  }

  return {
    begin(channel) {
      channelOf = channel;
      const open = new Uint8Array(5);
      new DataView(open.buffer).setUint32(0, Math.ceil(options.timeoutMs ?? 0), true);
      open[4] = options.user === 'student' ? 1 : 0;
      link.send(FrameType.Exec, channel, open);
      requests.sendAll(FrameType.Command, channel, command);
      if (stdin) requests.sendAll(FrameType.Input, channel, stdin);
      link.send(FrameType.Start, channel);
    },
    onFrame(type, payload, end) {
      if (type === FrameType.Stdout) take('stdout', payload);
      else if (type === FrameType.Stderr) take('stderr', payload);
      else if (type === FrameType.Error) end(guestError(where, payload));
      else if (type === FrameType.Exit && payload.length >= 5) {
        const number = new DataView(payload.buffer, payload.byteOffset).getUint32(1, true);
        const cause = payload[0];
        const text = { stdout: output.stdout.text(), stderr: output.stderr.text() };
        if (tooMuch) end(failure('too_much_output', 'The command wrote too much and was stopped.', { where, expected: `at most ${limit} bytes` }));
        else if (cause === Cause.Timeout) end(timeout(where, options.timeoutMs ?? 0, text));
        else if (cause === Cause.Cancelled) end({ ...cancelled(), where });
        else end(success({ status: cause === Cause.Signal ? 128 + number : number, ...text }));
      }
    },
  };
}

const SHOWN = 500;

function timeout(where: string, ms: number, text: { stdout: string; stderr: string }): Failure {
  const found = (text.stderr || text.stdout).slice(-SHOWN).trim();
  return failure('timeout', 'The command took too long and was killed.', { where, expected: `an end within ${ms} ms`, ...(found && { found: `so far: ${found}` }) });
}

/** Pieces of output, joined once. */
class Gather {
  size = 0;
  readonly #pieces: Uint8Array[] = [];

  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.size += bytes.length;
  }

  text(): string {
    return new TextDecoder().decode(joined(this.#pieces, this.size));
  }
}

/** One array from many. */
export function joined(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
