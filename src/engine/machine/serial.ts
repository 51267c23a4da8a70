/** Bytes of a serial line come one by one; they are handed on in pieces, at most this late. */
const FLUSH_MS = 4;
const FLUSH_BYTES = 16 * 1024;
/**
 * v86's queue of received bytes has no bound. The guest's driver takes at most 256 at one interrupt, so this many are safe; with
 * the 16 of a real FIFO a paste of 13 KB took ten times as long (measured 2026-11-23).
 */
const FIFO_BYTES = 128;

export interface SerialPort {
  /** Types on the line; a string is sent as UTF-8. What the guest cannot take yet waits. */
  send(data: string | Uint8Array): void;
  /** Calls back with each piece of output; returns the function that ends it. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
}

/** The machine's serial line, with output gathered into pieces and input paced. */
export class SerialLine implements SerialPort {
  readonly #fifo: () => number[];
  readonly #put: (byte: number) => void;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #buffer = new Uint8Array(FLUSH_BYTES);
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #input: Uint8Array[] = [];
  #sent = 0;

  constructor(fifo: () => number[], put: (byte: number) => void) {
    this.#fifo = fifo;
    this.#put = put;
  }

  send(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
    if (bytes.length > 0) this.#input.push(bytes);
    this.pump();
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Hands the guest what its FIFO takes. */
  pump(): void {
    let first = this.#input[0];
    while (first && this.#fifo().length < FIFO_BYTES) {
      const byte = first[this.#sent++];
      if (byte !== undefined) this.#put(byte);
      if (this.#sent < first.length) continue;
      this.#input.shift();
      this.#sent = 0;
      first = this.#input[0];
    }
  }

  /** A byte from the guest. */
  output(byte: number): void {
    this.#buffer[this.#size++] = byte;
    if (this.#size === FLUSH_BYTES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Forgets what is on its way in either direction. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#size = 0;
    this.#input = [];
    this.#sent = 0;
    this.#fifo().length = 0;
  }

  /** Hands on what has come so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = this.#buffer.slice(0, this.#size);
    this.#size = 0;
    if (bytes.length > 0) for (const listener of this.#listeners) listener(bytes);
  }
}
