import { failure, success, type Failure, type Result } from '../failure.ts';
import type { ConsolePort } from '../machine/machine.ts';
import { encodeFrame, FrameReader, FrameType, PROTOCOL_VERSION, type Frame } from './frame.ts';

/** Frames on their way. The console has 16 buffers; acknowledgements need some of them too. */
const WINDOW = 8;
/** Nothing was acknowledged for so long: everything not acknowledged is sent again. */
const REPEAT_MS = 250;
/** The guest had no buffer: try again after this time. */
const RETRY_MS = 5;
const ACK_DELAY_MS = 2;
/** Frames received after which an acknowledgement does not wait. */
const ACK_EVERY = 8;
/** The rest of a frame comes within this time. */
const STALE_MS = 50;
const HELLO_MS = 200;
const NO_PAYLOAD = new Uint8Array(0);

export interface LinkEvents {
  /** A frame of a request, in order, each once. */
  onFrame(frame: Frame): void;
  /** The session is over: what was under way has no answer any more. */
  onLost(reason: Failure): void;
}

/** What the agent says of itself. */
export interface Hello {
  readonly session: number;
  readonly agentPid: number;
}

type Phase = 'closed' | 'greeting' | 'open';

/**
 * The host's end of the agent protocol: frames in order, each once, over a console that loses chunks. docs/agent-protocol.md
 * says how; guest/agent/link.c is the other end.
 */
export class Link {
  readonly #console: ConsolePort;
  readonly #events: LinkEvents;
  readonly #reader: FrameReader;
  readonly #unsubscribe: () => void;
  #phase: Phase = 'closed';
  #session = 0;
  #agentPid = 0;
  /** Frames not acknowledged yet, oldest first; the first has the number `oldest`. */
  #queue: { type: number; channel: number; payload: Uint8Array }[] = [];
  #oldest = 1;
  #next = 1;
  #expected = 1;
  #unacknowledged = 0;
  #count = 0;
  #greeted: ((result: Result<Hello>) => void) | undefined;
  #repeat: Timer;
  #retry: Timer;
  #ack: Timer;
  #stale: Timer;

  constructor(console: ConsolePort, events: LinkEvents) {
    this.#console = console;
    this.#events = events;
    this.#reader = new FrameReader('to-host', (frame) => this.#received(frame));
    this.#unsubscribe = console.onChunk((chunk) => {
      this.#reader.push(chunk);
      clearTimeout(this.#stale);
      if (this.#reader.pending) this.#stale = setTimeout(() => this.#reader.giveUp(), STALE_MS);
    });
  }

  /** Frames of this session that have come, also acknowledgements. */
  get received(): number {
    return this.#count;
  }

  get open(): boolean {
    return this.#phase === 'open';
  }

  /** Begins a new session, which ends the old one. Resolves when the agent has answered. */
  hello(timeoutMs: number): Promise<Result<Hello>> {
    this.reset(failure('session_ended', 'The host began a new session with the guest.'));
    this.#session = newSession();
    this.#phase = 'greeting';
    return new Promise((resolve) => {
      const deadline = setTimeout(() => {
        this.reset(failure('no_agent', 'The agent in the guest does not answer.', { expected: `an answer within ${timeoutMs} ms`, hint: RESET }));
      }, timeoutMs);
      this.#greeted = (result) => {
        clearTimeout(deadline);
        this.#greeted = undefined;
        resolve(result);
      };
      this.send(FrameType.Hello, 0, helloPayload());
    });
  }

  /** Queues a frame. It is sent when the window allows. */
  send(type: number, channel: number, payload: Uint8Array = NO_PAYLOAD): void {
    if (this.#phase === 'closed') return;
    this.#queue.push({ type, channel, payload });
    this.#pump();
  }

  /** Ends the session on this side. */
  reset(reason: Failure): void {
    const { open } = this;
    this.#phase = 'closed';
    this.#queue = [];
    this.#oldest = this.#next = this.#expected = 1;
    this.#unacknowledged = 0;
    for (const timer of [this.#repeat, this.#retry, this.#ack, this.#stale]) clearTimeout(timer);
    this.#repeat = this.#retry = this.#ack = this.#stale = undefined;
    this.#reader.clear();
    this.#greeted?.(reason);
    if (open) this.#events.onLost(reason);
  }

  close(reason: Failure): void {
    this.reset(reason);
    this.#unsubscribe();
  }

  #pump(): void {
    while (this.#next < this.#oldest + Math.min(WINDOW, this.#queue.length)) {
      const item = this.#queue[this.#next - this.#oldest];
      if (!item || !this.#transmit({ sequence: this.#next, ...item })) {
        this.#retryLater();
        return;
      }
      this.#next++;
      this.#acknowledgedNow();
    }
    if (this.#queue.length > 0) this.#repeat ??= setTimeout(() => this.#repeatAll(), this.#phase === 'greeting' ? HELLO_MS : REPEAT_MS);
  }

  #transmit(frame: Pick<Frame, 'sequence' | 'type' | 'channel' | 'payload'>): boolean {
    return this.#console.sendChunk(encodeFrame({ session: this.#session, acknowledged: this.#expected - 1, ...frame }, 'to-guest'));
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      if (this.#unacknowledged > 0) this.#acknowledge();
      this.#pump();
    }, RETRY_MS);
  }

  #repeatAll(): void {
    clearTimeout(this.#repeat);
    this.#repeat = undefined;
    this.#next = this.#oldest;
    this.#pump();
  }

  #received(frame: Frame): void {
    if (frame.type === FrameType.Ready && frame.sequence === 0) this.#agentStarted();
    if (this.#phase === 'closed' || frame.session !== this.#session) return;
    this.#count++;
    this.#progress(frame.acknowledged);
    if (frame.sequence === 0) return;
    if (frame.sequence === this.#expected) {
      this.#expected++;
      if (this.#phase === 'greeting') this.#answered(frame);
      else this.#events.onFrame(frame);
    }
    this.#unacknowledged++;
    if (this.#unacknowledged >= ACK_EVERY) this.#acknowledge();
    else this.#ack ??= setTimeout(() => this.#acknowledge(), ACK_DELAY_MS);
  }

  #agentStarted(): void {
    // It cannot have heard what was sent before it was there.
    if (this.#phase === 'greeting') this.#repeatAll();
    else if (this.#phase === 'open') this.reset(failure('agent_restarted', 'The agent in the guest was started anew.', { hint: 'Try again.' }));
  }

  #answered(frame: Frame): void {
    const view = new DataView(frame.payload.buffer, frame.payload.byteOffset, frame.payload.byteLength);
    const version = frame.type === FrameType.Hello && frame.payload.length >= 12 ? view.getUint32(0, true) : undefined;
    if (version !== PROTOCOL_VERSION) {
      this.reset(
        failure('bad_agent', 'The agent in the guest speaks another protocol.', {
          expected: `version ${PROTOCOL_VERSION}`,
          found: version === undefined ? `frame type ${frame.type}` : `version ${version}`,
          hint: 'Rebuild the kernel pack’s initrd and snapshot.',
        }),
      );
      return;
    }
    this.#phase = 'open';
    this.#agentPid = view.getUint32(8, true);
    this.#greeted?.(success({ session: this.#session, agentPid: this.#agentPid }));
  }

  #progress(acknowledged: number): void {
    if (acknowledged < this.#oldest || acknowledged >= this.#oldest + this.#queue.length) return;
    this.#queue.splice(0, acknowledged - this.#oldest + 1);
    this.#oldest = acknowledged + 1;
    this.#next = Math.max(this.#next, this.#oldest);
    clearTimeout(this.#repeat);
    this.#repeat = undefined;
    this.#pump();
  }

  #acknowledge(): void {
    if (this.#phase === 'closed') return;
    if (this.#transmit({ sequence: 0, type: FrameType.Ack, channel: 0, payload: NO_PAYLOAD })) this.#acknowledgedNow();
    else this.#retryLater();
  }

  #acknowledgedNow(): void {
    clearTimeout(this.#ack);
    this.#ack = undefined;
    this.#unacknowledged = 0;
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;

const RESET = 'Reset the machine.';

/** Unlike any session before, also one that a restored guest remembers. */
function newSession(): number {
  for (;;) {
    const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
    if (number !== 0) return number;
  }
}

/** Version and the host's time: the guest's clock stood still while its snapshot lay on the disk. */
function helloPayload(): Uint8Array {
  const payload = new Uint8Array(16);
  const view = new DataView(payload.buffer);
  const now = Date.now();
  view.setUint32(0, PROTOCOL_VERSION, true);
  view.setBigUint64(4, BigInt(Math.floor(now / 1000)), true);
  view.setUint32(12, (now % 1000) * 1_000_000, true);
  return payload;
}
