import { expect, it } from 'vitest';
import { tabNames } from './tab-names.ts';

it('names a file by its name, and by as many folders as it takes to tell it from others', () => {
  expect(tabNames(['kernel/sys.c', 'fs/pipe.c'])).toEqual(['sys.c', 'pipe.c']);
  expect(tabNames(['net/ipv4/tcp.c', 'net/ipv6/tcp.c', 'fs/pipe.c'])).toEqual(['ipv4/tcp.c', 'ipv6/tcp.c', 'pipe.c']);
  expect(tabNames(['Makefile', 'fs/Makefile'])).toEqual(['Makefile', 'fs/Makefile']);
});
