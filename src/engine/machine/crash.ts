/** How the guest ended or was hurt: an oops leaves it running, the others do not. */
export type CrashKind = 'oops' | 'panic' | 'halt';

export interface CrashReport {
  readonly kind: CrashKind;
  /** What the kernel said, from its first line on. */
  readonly text: string;
}

const BEGIN: readonly (readonly [CrashKind, RegExp])[] = [
  ['panic', /^Kernel panic - not syncing/],
  ['oops', /^(BUG: |kernel BUG at |Oops: |general protection fault|double fault|traps: PANIC|stack segment: |invalid opcode: )/],
  ['halt', /^reboot: (Power down|System halted|Restarting system)/],
];
const END = /^---\[ end /;
const MAX_LINE = 1000;
const MAX_LINES = 200;
/** An oops whose end does not come is reported after this time. */
const QUIET_MS = 500;

/**
 * Reads the console's output for the kernel's words of distress. It sees lines, in pieces cut anywhere. The shell writes to the
 * same line, so a program that begins a line with these words is taken for the kernel.
 */
export class CrashWatch {
  readonly #report: (crash: CrashReport) => void;
  readonly #decoder = new TextDecoder();
  #line = '';
  #kind: CrashKind | undefined;
  #lines: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(report: (crash: CrashReport) => void) {
    this.#report = report;
  }

  push(bytes: Uint8Array): void {
    this.#line += this.#decoder.decode(bytes, { stream: true });
    const lines = this.#line.split('\n');
    this.#line = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) this.#read(line.replace(/\r/g, '').slice(0, MAX_LINE));
  }

  /** Forgets what it has begun to read. */
  reset(): void {
    this.#line = '';
    this.#forget();
  }

  #read(line: string): void {
    const begins = BEGIN.find(([, pattern]) => pattern.test(line))?.[0];
    if (begins === 'panic' || begins === 'halt') this.#kind = begins;
    else this.#kind ??= begins;
    if (!this.#kind) return;
    this.#lines.push(line);
    clearTimeout(this.#timer);
    if (this.#kind === 'halt' || END.test(line) || this.#lines.length === MAX_LINES) this.#finish();
    else this.#timer = setTimeout(() => this.#finish(), QUIET_MS);
  }

  #finish(): void {
    const kind = this.#kind;
    const text = this.#lines.join('\n');
    this.#forget();
    if (kind) this.#report({ kind, text });
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#kind = undefined;
    this.#lines = [];
  }
}
