import { hex } from '../bytes.ts';
import { success, type Result } from '../failure.ts';
import type { Machine } from '../machine/machine.ts';
import type { KernelSymbols } from './symbols.ts';

/** A stretch of kernel text that differs. */
export interface TextDifference {
  readonly address: number;
  /** The function it begins in. */
  readonly name: string;
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Equal bytes between two differing ones that still make one place of them: a jump may repeat a byte of what it overwrites. */
const GAP = 5;

/** The kernel's text as it was in memory at one moment. */
export class KernelText {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly #symbols: KernelSymbols;

  private constructor(start: number, bytes: Uint8Array, symbols: KernelSymbols) {
    this.start = start;
    this.bytes = bytes;
    this.#symbols = symbols;
  }

  /** Copies the text out of the guest's memory: everything from _stext to _etext. */
  static read(machine: Pick<Machine, 'readVirtual'>, symbols: KernelSymbols): Result<KernelText> {
    const start = symbols.address('_stext');
    if (!start.ok) return start;
    const end = symbols.address('_etext');
    if (!end.ok) return end;
    const bytes = machine.readVirtual(start.value, end.value - start.value);
    return bytes.ok ? success(new KernelText(start.value, bytes.value, symbols)) : bytes;
  }

  /** Where a later copy differs from this one. */
  differences(later: KernelText): TextDifference[] {
    const found: TextDifference[] = [];
    const { length } = this.bytes;
    for (let i = 0; i < length; i++) {
      if (this.bytes[i] === later.bytes[i]) continue;
      const begin = i;
      let end = i + 1;
      for (; i < length && i - end < GAP; i++) if (this.bytes[i] !== later.bytes[i]) end = i + 1;
      const address = this.start + begin;
      const place = this.#symbols.at(address);
      found.push({
        address,
        name: place?.symbol.name ?? '',
        offset: place?.offset ?? 0,
        before: this.bytes.slice(begin, end),
        after: later.bytes.slice(begin, end),
      });
    }
    return found;
  }

  /** SHA-256 of the text, in hex. */
  async hash(): Promise<string> {
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(this.bytes));
    return hex(new Uint8Array(digest));
  }
}
