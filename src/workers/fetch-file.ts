import { failure, success, type Failure, type Result } from '../engine/failure.ts';

/** Bytes that have come since the last call, and how many the file has if that is known. */
export type OnBytes = (received: number, total: number) => void;

/** Fetches a whole file of at most `limit` bytes; `where` names it in failures. A longer one is cut, and then has the wrong size. */
export async function fetchFile(
  url: string,
  where: string,
  limit: number,
  onBytes?: OnBytes,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  try {
    const response = await fetch(url);
    if (!response.ok) {
      return failure('pack_file', 'A file could not be loaded.', { where, found: `HTTP ${response.status}`, hint: RELOAD });
    }
    const encoded = response.headers.has('content-encoding');
    const length = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
    return success(await body(response, limit, (received) => onBytes?.(received, length)));
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return unreachable(where, error);
    throw error;
  }
}

async function body(response: Response, limit: number, onBytes: (received: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece && !piece.done && size <= limit; piece = await reader?.read()) {
    pieces.push(piece.value);
    size += piece.value.length;
    onBytes(piece.value.length);
  }
  if (size > limit) await reader?.cancel();
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function unreachable(where: string, error: Error): Failure {
  return failure('fetch_failed', 'A file could not be fetched.', { where, found: error.message, hint: RELOAD });
}

const RELOAD = 'Look at the connection and start again. If the file is missing on the server, build the page anew.';
