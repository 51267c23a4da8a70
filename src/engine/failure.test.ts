import { expect, test } from 'vitest';
import { failure, success, type Result } from './failure.ts';

test('a failure survives a structured clone, so it can cross workers', () => {
  const f = failure('bad_elf', 'The file ends inside its section table.', {
    where: 'sys.o',
    expected: '40 bytes',
    found: '12 bytes',
  });
  expect(structuredClone(f)).toEqual(f);
});

test('a result narrows on ok', () => {
  const r: Result<number> = success(3);
  expect(r.ok && r.value).toBe(3);
});
