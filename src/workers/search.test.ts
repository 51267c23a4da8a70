import { expect, it } from 'vitest';
import { SearchIndex, type FunctionPlace } from './search.ts';

const place = (name: string, path: string, line = 1): FunctionPlace => ({ name, path, line });
const index = new SearchIndex(
  ['kernel/sys.c', 'kernel/sysctl.c', 'fs/sysfs/dir.c', 'kernel/sched/core.c', 'include/linux/sched/coredump.h', 'fs/pipe.c'],
  [
    place('__do_sys_newuname', 'kernel/sys.c', 1281),
    place('schedule', 'kernel/sched/core.c', 6500),
    place('__schedule', 'kernel/sched/core.c', 6400),
    place('schedule_timeout', 'kernel/time/timer.c', 2100),
    place('pipe_write', 'fs/pipe.c', 416),
    place('sysctl_perm', 'fs/proc/proc_sysctl.c', 10),
  ],
);
const names = (query: string, limit = 20) => index.search(query, limit).map((hit) => hit.name);

it('puts the name itself first, then the same with underscores, then what begins with it', () => {
  expect(names('schedule')).toEqual(['schedule', '__schedule', 'schedule_timeout']);
  expect(names('kernel/sys.c')[0]).toBe('kernel/sys.c');
});

it('finds a file by its own name before its folders', () => {
  expect(names('sys.c')[0]).toBe('kernel/sys.c');
  expect(names('sys')).toContain('fs/sysfs/dir.c');
});

it('knows words by underscores, blanks and capitals', () => {
  expect(names('newuname')[0]).toBe('__do_sys_newuname');
  expect(names('SysNewUname')[0]).toBe('__do_sys_newuname');
  expect(names('sched core')[0]).toBe('kernel/sched/core.c');
  expect(names('pipewrite')[0]).toBe('pipe_write');
  expect(names('pipe_wrte')[0]).toBe('pipe_write');
});

it('takes one or two letters as the beginning of a name', () => {
  expect(names('sy')).toEqual(['kernel/sys.c', 'kernel/sysctl.c', 'sysctl_perm']);
  expect(names('SC')).toEqual(['schedule', 'schedule_timeout']);
  expect(index.search('p', 1)).toEqual([{ kind: 'file', name: 'fs/pipe.c', path: 'fs/pipe.c', marks: [[3, 4]] }]);
});

it('marks what matched', () => {
  const marked = (query: string) => {
    const [hit] = index.search(query, 1);
    return hit?.marks.map(([start, end]) => hit.name.slice(start, end));
  };
  expect(marked('newuname')).toEqual(['newuname']);
  expect(marked('sys.c')).toEqual(['sys.c']);
  expect(marked('pipewrite')).toEqual(['pipe', 'write']);
  expect(index.search('sys.c', 1)[0]?.marks).toEqual([[7, 12]]);
});

it('says where a function is', () => {
  expect(index.search('pipe_write', 1)).toEqual([
    { kind: 'function', name: 'pipe_write', path: 'fs/pipe.c', line: 416, marks: [[0, 10]] },
  ]);
});

it('finds nothing for nothing, and not more than asked for', () => {
  expect(names('')).toEqual([]);
  expect(names('   ')).toEqual([]);
  expect(names('zzzz')).toEqual([]);
  expect(names('zz')).toEqual([]);
  expect(names('s', 2)).toHaveLength(2);
});
