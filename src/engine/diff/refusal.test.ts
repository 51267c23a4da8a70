import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALLOWABLE, refusal, REFUSALS, type RefusalCode } from './refusal.ts';

const DOC = readFileSync(new URL('../../../docs/differ.md', import.meta.url), 'utf8');

describe('refusals', () => {
  it.each(Object.entries(REFUSALS))('%s stands in docs/differ.md as it is', (code, { rule, remedy }) => {
    const row = DOC.split('\n').find((line) => line.startsWith(`| \`${code}\``));
    expect(row?.split('|').map((cell) => cell.trim())).toEqual(['', `\`${code}\``, rule, remedy, '']);
  });

  it.each(ALLOWABLE)('docs/differ.md says what --allow %s does', (code) => {
    expect(DOC.slice(DOC.indexOf('What `--allow` does'))).toContain(`- \`${code}\``);
  });

  it('carry rule and remedy of their code, unless there is a better remedy', () => {
    const code: RefusalCode = 'new_percpu';
    expect(refusal(code, 'No.', { symbol: 'x' })).toEqual({
      code,
      message: 'No.',
      symbol: 'x',
      rule: REFUSALS[code].rule,
      hint: REFUSALS[code].remedy,
    });
    expect(refusal(code, 'No.', { hint: 'Do that.' }).hint).toBe('Do that.');
  });
});
