import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDraft, parseDraft, restoreEdit, sameWork, storeEdit, type StoredDraft, type StoredFile } from './stored-draft.ts';

const edited = (stored: StoredFile) => {
  if (stored.kind !== 'edited') throw new Error(stored.kind);
  return stored;
};

describe('an edit', () => {
  it('comes back as it was, whatever it was', () => {
    const word = fc.constantFrom('a', 'b', '\n', 'ü', '😀');
    const text = fc.array(word, { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (original, after) => {
        expect(restoreEdit(edited(storeEdit('kernel/sys.c', original, after)), original)).toBe(after);
      }),
    );
  });

  it('is small, and knows its original', () => {
    const original = 'x'.repeat(10_000);
    const stored = edited(storeEdit('kernel/sys.c', original, `${original.slice(0, 5000)}y${original.slice(5001)}`));
    expect(JSON.stringify(stored).length).toBeLessThan(200);
    expect(restoreEdit(stored, `${original.slice(1)}z`)).toBeUndefined();
    expect(restoreEdit({ ...stored, drop: 9999 }, original)).toBeUndefined();
  });
});

describe('a stored draft', () => {
  const DRAFT: StoredDraft = {
    format: 1,
    id: 'a-1',
    name: 'Quicker pipe',
    pristine: false,
    created: 1,
    updated: 2,
    files: [{ kind: 'deleted', path: 'kernel/sys.c' }],
    patch: '',
    tabs: [],
    command: '',
    user: 'root',
  };

  it('is read back', () => expect(parseDraft(JSON.stringify(DRAFT))).toEqual(DRAFT));

  it('that could not be read back is known as such', () => {
    expect(isDraft(DRAFT)).toBe(true);
    expect(isDraft({ ...DRAFT, files: [{ kind: 'new', path: 'fs/no name.c', text: '' }] })).toBe(false);
  });

  it('is other work when its text, its name or its command is another, not when other files are open', () => {
    expect(sameWork(DRAFT, { ...DRAFT, updated: 9, tabs: [{ path: 'fs/pipe.c', line: 3 }], active: 'fs/pipe.c' })).toBe(true);
    const others: StoredDraft[] = [
      { ...DRAFT, files: [] },
      { ...DRAFT, name: 'Other' },
      { ...DRAFT, command: 'uname' },
    ];
    for (const other of others) expect(sameWork(DRAFT, other)).toBe(false);
    expect(sameWork(DRAFT, undefined)).toBe(false);
  });

  it.each([
    'no json',
    '{}',
    JSON.stringify({ ...DRAFT, format: 2 }),
    JSON.stringify({ ...DRAFT, files: [{ kind: 'deleted', path: '../x' }] }),
    JSON.stringify({ ...DRAFT, id: '<b>' }),
  ])('that is none is left alone: %s', (json) => expect(parseDraft(json)).toBeUndefined());
});
