import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { names, RuleFixtures } from './compiled.ts';

let rules: RuleFixtures;

beforeAll(async () => {
  rules = await RuleFixtures.open();
});

afterAll(() => rules.close());

describe('line numbers', () => {
  test('a change that only moves lines is unchanged: bug tables, operands, printk index, dynamic debug', async () => {
    const changes = await rules.diff('nothing');
    expect(changes).toMatchObject({ verdict: 'unchanged', functions: [], data: [], lineOnly: ['once', 'waits'] });
  });

  test('another difference beside the line, and the function counts as changed', async () => {
    const changes = await rules.diff('beside');
    expect(names(changes, 'changed')).toEqual(['differs']);
    expect(changes.lineOnly).toEqual(['once', 'waits']);
  });

  test('operands of two calls from different lines of a file are evidence for each other', async () => {
    expect(await rules.diff('agreed')).toMatchObject({ verdict: 'unchanged', lineOnly: ['waits', 'too'] });
  });

  test('the same number in two calls is a constant', async () => {
    expect(names(await rules.diff('alone'), 'changed')).toEqual(['waits', 'too']);
  });

  test('lines of one file say nothing of a number beside the name of another', async () => {
    const changes = await rules.diff('headers');
    expect(names(changes, 'changed')).toEqual(['waits']);
    expect(changes.lineOnly).toEqual(['once']);
  });

  test('a number in a table beside a file name is no line because it moved alike', async () => {
    const changes = await rules.diff('modes');
    expect(changes).toMatchObject({ functions: [], data: [{ name: 'files', status: 'changed', how: 'in place' }] });
    expect(changes.lineOnly).toEqual(['once']);
  });

  test('a line number below 128 is one byte of code', async () => {
    expect(await rules.diff('pushed')).toMatchObject({ verdict: 'unchanged', lineOnly: ['once', 'says'] });
  });
});
