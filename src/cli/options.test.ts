import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { commonEnd } from './diff.ts';
import { printable, renderFailure } from './output.ts';
import { parseId, parsePut, parseSeconds, parseTimestamp } from './options.ts';
import { failure } from '../engine/failure.ts';

test('a file to put: the guest’s path is what follows the last equals sign', () => {
  expect(parsePut('a=b.sh=/tmp/x')).toEqual([{ file: 'a=b.sh', guestPath: '/tmp/x' }]);
  expect(parsePut('b=/y', parsePut('a=/x'))).toHaveLength(2);
});

describe('refuses', () => {
  test.each(['', 'file', '=/x', 'file=', 'file=x', `file=/${'x'.repeat(300)}`])('to put “%s”', (text) => {
    expect(() => parsePut(text)).toThrow(InvalidArgumentError);
  });
  test.each(['', 'A', 'a-b', '_a', 'ä', 'a'.repeat(32)])('the id “%s”', (text) => {
    expect(() => parseId(text)).toThrow(InvalidArgumentError);
  });
  test.each(['', '-1', '1.5', 'now', '1e9'])('the timestamp “%s”', (text) => {
    expect(() => parseTimestamp(text)).toThrow(InvalidArgumentError);
  });
  test.each(['', '0', '-1', 'x', '1e9'])('%s seconds', (text) => {
    expect(() => parseSeconds(text)).toThrow(InvalidArgumentError);
  });
});

test.each([
  ['a/pre/fs/utimes.o', 'b/post/fs/utimes.o', 'fs/utimes.o'],
  ['pre/kernel/sys.o', '/tmp/x/post/kernel/sys.o', 'kernel/sys.o'],
  ['one.o', 'two.o', 'one.o'],
  ['./x.o', './x.o', 'x.o'],
  ['C:\\\\pre\\\\fs\\\\x.o', 'C:\\\\post\\\\fs\\\\x.o', 'fs/x.o'],
])('%s and %s are of the unit %s', (pre, post, unit) => {
  expect(commonEnd(pre, post)).toBe(unit);
});

test('what a file brings along does not steer the terminal; styles, line ends and tabs stay', () => {
  expect(printable('\x1b[1mbold\x1b[22m\ta\nb')).toBe('\x1b[1mbold\x1b[22m\ta\nb');
  expect(printable('a\x1b[2Jb\x1b]0;title\x07c\rd\x9b2Je\n[1m')).toBe('a\uFFFD[2Jb\uFFFD]0;title\uFFFDc\uFFFDd\uFFFD2Je\n[1m');
});

test('a failure is shown with all it has, and no more', () => {
  expect(renderFailure(failure('x', 'It failed.'))).toBe('hotsplice: It failed. (x)\n');
  expect(renderFailure(failure('x', 'It failed.', { where: 'a.o', found: 'one\ntwo' }))).toBe(
    'hotsplice: It failed. (x)\n  where     a.o\n  found     one\n            two\n',
  );
});
