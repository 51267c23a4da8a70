/** No kernel name comes near it: KSYM_NAME_LEN is 512, and a section adds a prefix. */
const MAX_NAME = 4096;
/** `String.fromCharCode` takes its bytes as arguments, of which there may not be too many. */
const CHUNK = 8192;

function latin1(bytes: Uint8Array): string {
  // Typed arrays are array-likes, which apply() takes and its type does not know.
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

/**
 * The names in a string table (gABI, "String Table"): NUL-terminated, referred to by offset, and free to share their tails. The table is turned
 * into text once; a name is a piece of that text, so ten thousand names that share one long tail cost no more than one.
 */
export class StringTable {
  readonly #text: string;
  readonly #known = new Map<number, string>();

  constructor(bytes: Uint8Array) {
    let text = '';
    for (let at = 0; at < bytes.length; at += CHUNK) text += latin1(bytes.subarray(at, at + CHUNK));
    this.#text = text;
  }

  /** The name at an offset, one character per byte. Undefined: outside of the table, without an end, or longer than any name. */
  name(offset: number): string | undefined {
    const known = this.#known.get(offset);
    if (known !== undefined) return known;
    if (offset >= this.#text.length) return undefined;
    const end = this.#text.indexOf('\0', offset);
    if (end < 0 || end - offset > MAX_NAME) return undefined;
    const name = this.#text.slice(offset, end);
    this.#known.set(offset, name);
    return name;
  }
}
