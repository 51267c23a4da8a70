import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FunctionChange } from '../../../src/engine/diff/changes.ts';
import { RuleFixtures } from './compiled.ts';

let rules: RuleFixtures;

beforeAll(async () => {
  rules = await RuleFixtures.open();
});

afterAll(() => rules.close());

async function functionOf(fixture: string, name: string): Promise<FunctionChange> {
  const found = (await rules.diff(fixture)).functions.find((one) => one.name === name);
  if (!found) throw new Error(`${name} of ${fixture} is as it was.`);
  return found;
}

const told = ({ reasons }: FunctionChange, kind: string) => reasons.filter((one) => one.kind === kind).map(({ text }) => text);

describe('a string', () => {
  test('is not new because it is used once more', async () => {
    const change = await functionOf('repeated', 'repeated');
    const targets = change.pieces[0]?.post?.relocations.map(({ target }) => target);
    expect(targets?.filter((target) => target === '"again\\n"')).toHaveLength(2);
    expect(told(change, 'string')).toEqual(['It uses the new string "for once\\n".']);
  });

  test('of a new piece is new in its function', async () => {
    expect(told(await functionOf('pieces', 'gets'), 'string')).toEqual(['It uses the new string "it is %d\\n".']);
  });

  test('that went into a piece is not', async () => {
    const change = await functionOf('pieces', 'moves');
    expect(change.pieces.map(({ symbol }) => symbol)).toEqual(['moves', 'moves.cold']);
    expect(told(change, 'string')).toEqual([]);
  });
});

describe('a piece', () => {
  test('is no callee of its function; what it calls is one', async () => {
    const change = await functionOf('pieces', 'gets');
    expect(told(change, 'callee')).toEqual(['It now refers to other_helper.', 'It now refers to rare.']);
    expect(told(change, 'piece')).toEqual(['gets.cold is new.']);
  });

  test('comes after the function itself, what is cold last, others by their numbers', async () => {
    const { pieces } = await functionOf('parts', 'whole');
    const order = ['whole', 'whole.part.2', 'whole.part.10', 'whole.cold', 'whole.part.2.cold'];
    expect(pieces.map(({ symbol }) => symbol)).toEqual(order);
  });
});

describe('an entry of a table', () => {
  test('that moved with the code, or names another line, is no reason', async () => {
    const change = await functionOf('shifted', 'shifted');
    const [before, after] = (['pre', 'post'] as const).map((side) => change.pieces[0]?.[side]?.sites[0]?.offset);
    expect(before).not.toBe(after);
    expect(change.reasons.map(({ kind }) => kind)).toEqual(['bytes', 'line']);
  });

  test('that says something else is one', async () => {
    const { reasons } = await functionOf('shifted', 'flagged');
    expect(reasons).toMatchObject([{ kind: 'table', table: '__bug_table' }]);
  });
});
