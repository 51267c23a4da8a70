import { expect, it } from 'vitest';
import { labelParts, placeIn } from './labels.ts';

it('takes labels apart', () => {
  expect(labelParts('_printk')).toEqual({ name: '_printk' });
  expect(labelParts('debug<net/unix/af_unix.o>~1')).toEqual({ name: 'debug~1', unit: 'net/unix/af_unix.o' });
  expect(labelParts('.rodata.str1.1+0x12<kernel/sys.o>')).toEqual({ name: '.rodata.str1.1+0x12', unit: 'kernel/sys.o' });
  expect(placeIn('version_proc_show<fs/proc/version.o>', '20')).toBe('version_proc_show+0x14');
});
