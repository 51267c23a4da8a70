import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { attack } from './attack.ts';

/** `npm run test:hostile` asks for all of them. */
const CASES = Number(process.env['HOTSPLICE_HOSTILE'] ?? 1500);
const CHUNK = 500;

/** Seeds that once failed, with what they showed. */
const REGRESSIONS = JSON.parse(readFileSync(new URL('regressions.json', import.meta.url), 'utf8')) as readonly {
  readonly seed: number;
  readonly showed: string;
}[];

describe('damaged objects and archives give a typed error or a result, in no time and little memory', () => {
  it.each(Array.from({ length: Math.ceil(CASES / CHUNK) }, (_, index) => index * CHUNK))(
    'seeds from %i',
    (first) => {
      const failures: string[] = [];
      const codes = new Set<string>();
      for (let seed = first; seed < Math.min(first + CHUNK, CASES); seed++) {
        const { problem, code } = attack(seed);
        if (problem !== undefined) failures.push(`seed ${seed}: ${problem}`);
        codes.add(code ?? 'result');
      }
      expect(failures, 'add these seeds to tests/hostile/regressions.json').toEqual([]);
      // The damage goes deep enough to be told apart, and not so deep that nothing gets through.
      expect([...codes]).toEqual(
        expect.arrayContaining(['result', 'elf_malformed', 'elf_truncated', 'bad_gzip', 'bad_tar', 'bad_update']),
      );
    },
    120_000,
  );

  it.each(REGRESSIONS)('seed $seed, which once showed: $showed', ({ seed }) => {
    expect(attack(seed).problem).toBeUndefined();
  });
});
