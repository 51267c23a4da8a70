/** A place in a file that resembles what a hunk expects. */
export interface NearestPlace {
  /** First line, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** How many of the expected lines stand there, each where it is expected. */
  readonly matches: number;
  /** True if nothing but white space differs. */
  readonly whiteSpaceOnly: boolean;
}

/** A line that stands in a file more often says little about the place. */
const COMMON = 64;
/** Lines put in or taken out between two matching ones shift them against each other by so many at most. */
const DRIFT = 4;

/** Finds the most similar place; one index of the file, and then work in proportion to the hunk. */
export class SimilarPlaces {
  readonly #lines: readonly string[];
  readonly #places = new Map<string, number[]>();

  constructor(lines: readonly string[]) {
    this.#lines = lines;
    lines.forEach((line, at) => {
      const key = squeeze(line);
      const places = this.#places.get(key);
      if (places) places.push(at);
      else this.#places.set(key, [at]);
    });
  }

  /** The place most like `wanted`, nearest to `expected` if several are; else the function that `section` names. */
  nearest(wanted: readonly string[], expected: number, section: string): NearestPlace | undefined {
    const votes = new Map<number, number>();
    wanted.forEach((line, i) => {
      const places = this.#places.get(squeeze(line)) ?? [];
      if (places.length > COMMON || !/\w/.test(line)) return;
      for (const at of places) votes.set(at - i, (votes.get(at - i) ?? 0) + 1 / places.length);
    });
    let best: { start: number; score: number } | undefined;
    for (const [start, own] of votes) {
      let score = own;
      for (let drift = 1; drift <= DRIFT; drift++) {
        // What is off by a line counts less, so that of two neighbours the one with more lines in place wins.
        score += ((votes.get(start - drift) ?? 0) + (votes.get(start + drift) ?? 0)) * 0.5;
      }
      const distance = Math.abs(start - expected);
      if (!best || score > best.score || (score === best.score && distance < Math.abs(best.start - expected)))
        best = { start, score };
    }
    const start = best?.start ?? this.#sectionStart(section);
    return start === undefined ? undefined : this.#place(wanted, Math.max(0, start));
  }

  #sectionStart(section: string): number | undefined {
    const heading = squeeze(section);
    if (heading === '') return undefined;
    const at = this.#lines.findIndex((line) => squeeze(line).startsWith(heading));
    return at < 0 ? undefined : at;
  }

  #place(wanted: readonly string[], start: number): NearestPlace {
    const lines = this.#lines.slice(start, start + wanted.length);
    return {
      line: start + 1,
      lines,
      matches: wanted.filter((line, i) => line === lines[i]).length,
      whiteSpaceOnly: wanted.length > 0 && wanted.every((line, i) => squeeze(line) === squeeze(lines[i] ?? '\0')),
    };
  }
}

function squeeze(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}
