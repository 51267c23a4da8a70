import { expect, it } from 'vitest';
import { updateId } from './update-id.ts';

it.each([
  ['Edit of sys.c', 1, 'edit_of_sys_c_1'],
  ['Größer! Ü', 2, 'gr_er_2'],
  ['', 3, 'edit_3'],
  ['a name that is much longer than an id may be', 999_999, 'a_name_that_is_much_long_999999'],
])('%s, %i → %s', (name, count, id) => {
  expect(updateId(name, count)).toBe(id);
  // What the core takes: see docs/update-format.md.
  expect(id).toMatch(/^[a-z0-9_]{1,31}$/);
});
