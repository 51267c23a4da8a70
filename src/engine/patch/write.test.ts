import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applied } from '../../../tests/fixtures/patches.ts';
import { applyPatch } from './apply.ts';
import { parsePatch } from './parse.ts';
import { writePatch } from './write.ts';

describe('for any texts', () => {
  const line = fc.oneof(
    fc.constantFrom('a', 'b', '', '}', '\tx', '-- ', '--- a/x', '+++ b/x', '@@ -1 +1 @@', '\\ no', 'é\r'),
    fc.string(),
  );
  const text = fc.tuple(fc.array(line, { maxLength: 40 }), fc.boolean()).map(([lines, end]) => {
    return (lines.join('\n') + (end ? '\n' : '')).replaceAll('\0', '');
  });
  const name = fc.stringMatching(/^[a-z "é]{1,8}$/).filter((part) => part.trim() === part && part !== '');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const change = fc.record({ path, before: fc.option(text, { nil: undefined }), after: fc.option(text, { nil: undefined }) });
  const changes = fc
    .uniqueArray(change, { maxLength: 4, selector: ({ path }) => path })
    .map((all) =>
      all.filter(({ path, before, after }) => before !== after && !all.some((other) => other.path.startsWith(`${path}/`))),
    )
    .filter((all) => all.length > 0);

  test('what writePatch writes, parsePatch and applyPatch give back', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const files = Object.fromEntries(all.flatMap(({ path, before }) => (before === undefined ? [] : [[path, before]])));
        const result = await applied(writePatch(all), files);
        expect(result.notes).toEqual([]);
        const sorted = (list: readonly { path: string; text: string | null }[]) =>
          [...list].sort((a, b) => (a.path < b.path ? -1 : 1));
        expect(sorted(result.files)).toEqual(sorted(all.map(({ path, after }) => ({ path, text: after ?? null }))));
      }),
      { numRuns: 500 },
    );
  });

  test('a damaged patch is read or refused, and never an exception', async () => {
    const damage = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('cut', 'drop', 'twice', 'other'),
      with: fc.string({ maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(changes, fc.array(damage, { minLength: 1, maxLength: 5 }), async (all, damages) => {
        let patch = writePatch(all);
        for (const { at, kind, with: other } of damages) {
          const i = at % (patch.length + 1);
          if (kind === 'cut') patch = patch.slice(0, i);
          else if (kind === 'drop') patch = patch.slice(0, i) + patch.slice(i + 1 + (at % 7));
          else if (kind === 'twice') patch += patch.slice(i);
          else patch = patch.slice(0, i) + other + patch.slice(i);
        }
        const result = parsePatch(patch);
        if (!result.ok) {
          expect(result.message).not.toBe('');
          return;
        }
        const files = new Map(all.map(({ path, before }) => [path, before]));
        const outcome = await applyPatch(result.value, (path) => Promise.resolve({ ok: true, value: files.get(path) }));
        if (outcome.ok) for (const file of outcome.value.files) expect(file.path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/);
      }),
      { numRuns: 500 },
    );
  });
});
