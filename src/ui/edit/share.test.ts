import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packPatch, unpackPatch } from './share.ts';

const PATCH = `diff --git a/kernel/sys.c b/kernel/sys.c
--- a/kernel/sys.c
+++ b/kernel/sys.c
@@ -1,3 +1,3 @@
 a
-b
+c – ü
 d
`;

describe('a link', () => {
  it('carries a patch there and back, without padding', async () => {
    const packed = await packPatch(PATCH);
    if (!packed.ok) throw new Error(packed.message);
    expect(packed.value).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(packed.value.length).toBeLessThan(PATCH.length);
    expect(await unpackPatch(packed.value)).toEqual({ ok: true, value: PATCH });
  });

  it('carries any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
        const packed = await packPatch(text);
        expect(packed.ok && (await unpackPatch(packed.value))).toEqual({ ok: true, value: text });
      }),
      { numRuns: 50 },
    );
  });

  it('is not made of a change that is too large', async () => {
    expect(await packPatch(randomBytes(60_000).toString('base64'))).toMatchObject({ ok: false, code: 'link_too_long' });
    expect(await packPatch('a'.repeat(1024 * 1024 + 1))).toMatchObject({ ok: false, code: 'link_too_long' });
  });

  it('that anybody may have written is refused', async () => {
    const url = (bytes: Buffer) => bytes.toString('base64url');
    const bomb = url(deflateRawSync(Buffer.alloc(20 * 1024 * 1024)));
    expect(bomb.length, 'short enough to be unpacked').toBeLessThan(60_000);
    const broken = ['', '!', 'A', '../..', url(randomBytes(200)), bomb, url(deflateRawSync(Buffer.of(0xff, 0xfe)))];
    for (const link of [...broken, 'A'.repeat(100_000)])
      expect(await unpackPatch(link), link.slice(0, 40)).toMatchObject({ ok: false, code: 'bad_link' });
  });
});
