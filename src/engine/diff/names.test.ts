import { describe, expect, it } from 'vitest';
import { cloneKey, coldParent, isThrowAway, ownerName, sourceName, staticLocalBase } from './names.ts';

describe('names that GCC makes', () => {
  it.each([
    ['f', 'f', 'f'],
    ['f.cold', 'f', 'f'],
    ['f.part.0', 'f', 'f'],
    ['f.part.0.cold', 'f', 'f'],
    ['f.isra.0', 'f.isra.0', 'f'],
    ['f.isra.0.cold', 'f.isra.0', 'f'],
    ['f.constprop.2', 'f.constprop.2', 'f'],
    ['f.part.1.isra.0', 'f.isra.0', 'f'],
    ['f.cold.3', 'f', 'f'],
  ])('takes %s as part of %s, written as %s', (name, owner, source) => {
    expect(ownerName(name)).toBe(owner);
    expect(sourceName(name)).toBe(source);
  });

  it('knows cold pieces, clones and static variables apart', () => {
    expect(coldParent('f.isra.0.cold')).toBe('f.isra.0');
    expect(coldParent('f')).toBeUndefined();
    expect(cloneKey('f.constprop.3')).toBe('f.constprop');
    expect(cloneKey('f')).toBeUndefined();
    expect(staticLocalBase('count.12')).toBe('count');
    expect(staticLocalBase('count')).toBeUndefined();
    expect(staticLocalBase('C.3.4567')).toBe('C');
    expect(staticLocalBase('__UNIQUE_ID_ddebug128.4')).toBe('__UNIQUE_ID_ddebug');
    // clang
    expect(staticLocalBase('f.count')).toBe('f.count');
    expect(staticLocalBase('f.count.7')).toBe('f.count');
  });

  it.each(['__already_done', '__warned', 'f.__key', '__func__', '_rs', '__UNIQUE_ID_ddebug', '_entry', 'descriptor'])(
    'knows that %s holds nothing to lose',
    (base) => expect(isThrowAway(base)).toBe(true),
  );

  // A secret that is made once is made again if DO_ONCE forgets that it was.
  it.each(['count', 'warned', '___done', '___once_key', 'f.state'])('does not take %s for such a one', (base) => {
    expect(isThrowAway(base)).toBe(false);
  });
});
