/** Milliseconds for a unit of cost 1, until something was measured: two-core computer, warm compiler. */
const FIRST_GUESS_MS = 1;
/** How much the newest measurement counts. */
const WEIGHT = 0.25;

/** How long compiling takes on this computer, learned from what was compiled. */
export class Estimate {
  #msPerCost = FIRST_GUESS_MS;

  /** Takes in a unit that was compiled. */
  measured(cost: number, milliseconds: number): void {
    if (cost > 0) this.#msPerCost += WEIGHT * (milliseconds / cost - this.#msPerCost);
  }

  /** Seconds for units of these costs, on so many compilers. The longest unit is a bound from below. */
  seconds(costs: readonly number[], compilers: number): number {
    const sum = costs.reduce((total, cost) => total + cost, 0);
    const longest = costs.reduce((most, cost) => Math.max(most, cost), 0);
    return (this.#msPerCost * Math.max(longest, sum / Math.max(1, compilers))) / 1000;
  }
}

/**
 * What a unit costs, in milliseconds of a usual computer: by what it reads, and more by its own source, which is what becomes code. Fitted to
 * thirty units of a kernel; off by a fifth for one unit, by little for many.
 */
export function unitCost(sourceBytes: number, headerBytes: number): number {
  return BASE_MS + headerBytes * MS_PER_HEADER_BYTE + sourceBytes * MS_PER_SOURCE_BYTE;
}

const BASE_MS = 50;
const MS_PER_HEADER_BYTE = 0.00019;
const MS_PER_SOURCE_BYTE = 0.006;
