import { expect, test } from 'vitest';
import { parseFunctions } from './function-index.ts';

const GOOD = { format: 1, files: ['fs/pipe.c'], functions: [['pipe_write', 0, 416]] };

test('a list of functions', () => {
  expect(parseFunctions(JSON.stringify(GOOD), 'functions.json')).toEqual({
    ok: true,
    value: [{ name: 'pipe_write', path: 'fs/pipe.c', line: 416 }],
  });
});

test.each([
  ['another format', { ...GOOD, format: 2 }],
  ['a path out of the tree', { ...GOOD, files: ['../pipe.c'] }],
  ['a file that is not there', { ...GOOD, functions: [['pipe_write', 1, 416]] }],
  ['a name that no function has', { ...GOOD, functions: [['<b>', 0, 416]] }],
])('%s is refused', (_name, list) => {
  expect(parseFunctions(JSON.stringify(list), 'functions.json')).toMatchObject({ ok: false, code: 'bad_functions' });
});
