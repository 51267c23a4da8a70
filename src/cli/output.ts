import { styleText } from 'node:util';
import type { Failure } from '../engine/failure.ts';

/** Interrupted: what a shell calls the end by Ctrl+C. */
export const ExitCode = { Done: 0, Failed: 1, Usage: 2, Interrupted: 130 } as const;

type Style = Parameters<typeof styleText>[0];

/**
 * Where a command's words go. People read stdout and watch stderr; programs ask for JSON and get one document on stdout and
 * nothing else there.
 */
export class Output {
  readonly json: boolean;
  readonly #progress: boolean;
  #shown = false;

  constructor(options: { readonly json?: boolean }) {
    this.json = options.json === true;
    this.#progress = process.stderr.isTTY;
  }

  /** One line for people; dropped under --json. */
  line(text = ''): void {
    if (this.json) return;
    this.#clear();
    process.stdout.write(`${printable(text)}\n`);
  }

  /** Bytes from the guest, as they come; dropped under --json. */
  raw(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    if (this.json) return;
    this.#clear();
    process[stream].write(bytes);
  }

  /** The one JSON document; dropped without --json. */
  document(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** What goes on now, on stderr; one line that is overwritten on a terminal. */
  progress(text: string): void {
    if (this.#progress) {
      this.#clear();
      process.stderr.write(text);
      this.#shown = true;
    } else process.stderr.write(`${text}\n`);
  }

  /** A step of many on the way: for the eyes of whoever watches a terminal, and not for a log. */
  step(text: string): void {
    if (this.#progress) this.progress(text.slice(0, Math.max(20, process.stderr.columns - 1)));
  }

  /** Shows a failure to the person, or as the document, and sets the exit status. */
  fail(failure: Failure): void {
    this.#clear();
    process.exitCode = failure.code === 'cancelled' ? ExitCode.Interrupted : ExitCode.Failed;
    if (this.json) {
      const { ok: _, ...error } = failure;
      this.document({ error });
      return;
    }
    process.stderr.write(printable(renderFailure(failure)));
  }

  /** Lines that belong to a failure or are as urgent, on stderr; dropped under --json. */
  complain(lines: readonly string[]): void {
    if (this.json || lines.length === 0) return;
    this.#clear();
    process.stderr.write(printable(`${lines.join('\n')}\n`));
  }

  /** Text in a style, if stdout is a terminal. */
  paint(style: Style, text: string): string {
    return process.stdout.isTTY ? styleText(style, text, { stream: process.stdout }) : text;
  }

  #clear(): void {
    if (!this.#shown) return;
    process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}

/**
 * Text with its control characters made visible, but for line ends, tabs and what `paint` writes: names and patches come out of
 * files from anywhere, and must not steer the terminal.
 */
export function printable(text: string): string {
  return text.replace(/(\p{Cc})(\[[\d;]*m)?/gu, (all, control: string, style = '') => {
    const harmless = control === '\n' || control === '\t' || (control === '\x1b' && style !== '');
    return harmless ? all : `\uFFFD${style}`;
  });
}

/** What went wrong, where, what was expected, what was found, and the way out. */
export function renderFailure(failure: Failure): string {
  const rows: [string, string | undefined][] = [
    ['where', failure.where],
    ['expected', failure.expected],
    ['found', failure.found],
    ['hint', failure.hint],
  ];
  const lines = rows.flatMap(([name, value]) =>
    value ? [`  ${name.padEnd(9)} ${value.replaceAll('\n', '\n            ')}`] : [],
  );
  return [`hotsplice: ${failure.message} (${failure.code})`, ...lines, ''].join('\n');
}
