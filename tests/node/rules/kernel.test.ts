import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openToolchain, preferPlainCode } from '../../../src/cli/toolchain.ts';
import { diffObjects } from '../../../src/engine/diff/diff.ts';
import { readUnit } from '../../../src/engine/diff/unit.ts';
import { readElf } from '../../../src/engine/elf/reader.ts';
import type { Toolchain } from '../../../src/engine/toolchain/toolchain.ts';
import { must, openPack } from '../support.ts';

let toolchain: Toolchain;

beforeAll(async () => {
  preferPlainCode();
  toolchain = must(await openToolchain(await openPack(), 1));
});

afterAll(() => toolchain.close());

describe('the kernel of the pack', () => {
  test('no object has a section, a relocation or a table that is not understood', async () => {
    const { objects, units } = toolchain;
    expect(units.objects.length).toBeGreaterThan(900);
    const files = must(await objects.readMany(units.objects));
    for (const path of units.objects) {
      const unit = readUnit(must(readElf(files.get(path) ?? new Uint8Array(), { name: path })));
      expect(unit.refusals, path).toEqual([]);
    }
  });

  test('comments, blank lines and other line breaks change nothing, whatever they renumber', async () => {
    const sources = [
      'kernel/sys.c',
      'fs/pipe.c',
      'net/unix/af_unix.c',
      'mm/slub.c',
      'kernel/sched/core.c',
      'init/main.c',
      'mm/page_alloc.c',
    ];
    const changes = [];
    for (const path of sources) changes.push({ path, text: reformatted(must(await toolchain.readFile(path))) });
    const { units } = must(await toolchain.compile(changes));
    // Lines are in the objects: that they differ and are found unchanged is the point.
    expect(units.map((unit) => unit.path).sort()).toEqual(sources.map((path) => path.replace(/c$/, 'o')).sort());
    for (const { path, pre, post } of units) {
      for (const [before, after] of [
        [pre, post],
        [post, pre],
      ] as const) {
        const found = must(diffObjects(before, after, { objectPath: path }));
        expect(found, path).toMatchObject({ verdict: 'unchanged', functions: [], data: [], refusals: [], ignored: [] });
      }
    }
  });
});

/** The same source with a comment above, another after every blank line, and arguments on lines of their own. */
function reformatted(text: string): string {
  const lines = text.split('\n');
  const more = lines.map((line, i) => {
    if (line === '' && !lines[i - 1]?.endsWith('\\')) return i % 3 === 0 ? '\n// A comment, or more of one.' : '\n';
    // A call with two arguments or more, outside of macros.
    return line.endsWith('\\') || line.startsWith('#') ? line : line.replace(/^(\t+\w+\([^,()"]+,) ([^,()"]+\);)$/, '$1\n\t\t$2');
  });
  return `/* A comment\n * of three\n * lines. */\n${more.join('\n')}`;
}
