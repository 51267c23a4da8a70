import { failure, success, type Result } from '../failure.ts';

/** One line of System.map. */
export interface KernelSymbol {
  readonly name: string;
  readonly address: number;
  /** As nm writes it: `T` global text, `t` local text, `D` data, … */
  readonly type: string;
}

const LINE = /^([0-9a-f]{8}) ([A-Za-z?]) ([\w.$]{1,512})$/;
const MAX_SYMBOLS = 1_000_000;

/** The symbols of a kernel, by name and by address. */
export class KernelSymbols {
  readonly #sorted: readonly KernelSymbol[];
  readonly #byName: ReadonlyMap<string, readonly KernelSymbol[]>;

  private constructor(sorted: readonly KernelSymbol[]) {
    this.#sorted = sorted;
    const byName = new Map<string, KernelSymbol[]>();
    for (const symbol of sorted) {
      const same = byName.get(symbol.name);
      if (same) same.push(symbol);
      else byName.set(symbol.name, [symbol]);
    }
    this.#byName = byName;
  }

  /** Reads a System.map. */
  static parse(text: string): Result<KernelSymbols> {
    const symbols: KernelSymbol[] = [];
    let number = 0;
    for (const line of text.split('\n')) {
      number++;
      if (line === '' && number > 1) continue;
      const [, address = '', type = '', name = ''] = LINE.exec(line) ?? [];
      if (name === '' || symbols.length === MAX_SYMBOLS) {
        return failure('bad_system_map', 'A line of System.map is wrong.', {
          where: `line ${number}`,
          expected: 'eight hex digits, a letter, a name',
          found: line.slice(0, 80),
          hint: 'Fetch the kernel pack again.',
        });
      }
      symbols.push({ name, address: parseInt(address, 16), type });
    }
    return success(new KernelSymbols(symbols.sort((a, b) => a.address - b.address)));
  }

  get size(): number {
    return this.#sorted.length;
  }

  /** All symbols of that name: local ones may have it several times. */
  named(name: string): readonly KernelSymbol[] {
    return this.#byName.get(name) ?? [];
  }

  /** The address of the only symbol of that name. */
  address(name: string): Result<number> {
    const [symbol, ...others] = this.named(name);
    if (symbol && others.length === 0) return success(symbol.address);
    return failure('unknown_symbol', 'The kernel has no such symbol, or several.', { where: name, found: `${others.length + (symbol ? 1 : 0)} symbols` });
  }

  /** The symbol at or before an address, and how far the address is into it; of several at one address, the first. */
  at(address: number): { readonly symbol: KernelSymbol; readonly offset: number } | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.address ?? Infinity) <= address) low = middle + 1;
      else high = middle;
    }
    const last = this.#sorted[low - 1];
    if (!last) return undefined;
    let first = low - 1;
    while (this.#sorted[first - 1]?.address === last.address) first--;
    const symbol = this.#sorted[first] ?? last;
    return { symbol, offset: address - symbol.address };
  }
}
