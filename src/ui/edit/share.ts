import { failure, success, type Result } from '../../engine/failure.ts';

/** Compressed bytes of a link: what chat programs and browsers carry without cutting. */
const MAX_PACKED = 48 * 1024;
/** Bytes of a patch that a link may unpack to. */
const MAX_PATCH = 1024 * 1024;

/** A patch as the `p` of the editor's address: deflate without header, base64url without padding. Failure: `link_too_long`. */
export async function packPatch(patch: string): Promise<Result<string>> {
  const plain = new TextEncoder().encode(patch);
  const packed = await collect(streamOf(plain).pipeThrough(new CompressionStream('deflate-raw')), MAX_PACKED);
  if (plain.length > MAX_PATCH || !packed) {
    return failure('link_too_long', 'The change is too large for a link.', {
      expected: `a patch of at most ${MAX_PATCH / 1024} KB, ${MAX_PACKED / 1024} KB of them when compressed`,
      found: `a patch of ${Math.ceil(plain.length / 1024)} KB`,
      hint: 'Save it as a patch file and send that; it can be dropped on the page.',
    });
  }
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  return success(btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
}

/** The patch of a link. It may come from anybody: failure `bad_link` for anything that `packPatch` does not make. */
export async function unpackPatch(link: string): Promise<Result<string>> {
  if (link.length > Math.ceil((MAX_PACKED * 4) / 3)) return badLink(`${link.length} characters`);
  if (link === '' || !/^[A-Za-z0-9_-]+$/.test(link) || link.length % 4 === 1) return badLink('other characters, or none');
  const packed = Uint8Array.from(atob(link.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  try {
    const plain = await collect(streamOf(packed).pipeThrough(new DecompressionStream('deflate-raw')), MAX_PATCH);
    if (!plain) return badLink(`more than ${MAX_PATCH / 1024} KB`);
    return success(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch (error) {
    // Only the streams and the decoder speak in here, and only of the data.
    return badLink(error instanceof Error ? error.message : String(error));
  }
}

function badLink(found: string) {
  return failure('bad_link', 'The link does not hold a change.', {
    expected: 'a whole link, as “Share” makes it',
    found,
    hint: 'It may have been cut on its way. Ask for it again, or for the patch as a file.',
  });
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** All bytes of a stream, or nothing if there are more than `limit`. */
async function collect(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    size += piece.value.length;
    if (size > limit) {
      await reader.cancel();
      return undefined;
    }
    pieces.push(piece.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
