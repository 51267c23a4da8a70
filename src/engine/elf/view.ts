/**
 * Little-endian reads from untrusted bytes. A read outside of them gives undefined, never a byte of something else.
 */
export class View {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    // Never a subclass: slice() of Node's Buffer does not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  has(offset: number, length: number): boolean {
    return (
      Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= this.length
    );
  }

  u8(offset: number): number | undefined {
    return this.has(offset, 1) ? this.#view.getUint8(offset) : undefined;
  }

  u16(offset: number): number | undefined {
    return this.has(offset, 2) ? this.#view.getUint16(offset, true) : undefined;
  }

  u32(offset: number): number | undefined {
    return this.has(offset, 4) ? this.#view.getUint32(offset, true) : undefined;
  }

  s32(offset: number): number | undefined {
    return this.has(offset, 4) ? this.#view.getInt32(offset, true) : undefined;
  }

  /** A word of the class: 32 bits, or 64 of which only safe integers are accepted. */
  word(offset: number, size: 4 | 8): number | undefined {
    return size === 4 ? this.u32(offset) : this.#wide(offset, this.u32(offset + 4));
  }

  /** The same, signed. */
  signedWord(offset: number, size: 4 | 8): number | undefined {
    return size === 4 ? this.s32(offset) : this.#wide(offset, this.s32(offset + 4));
  }

  /** A signed number of 1, 2, 4 or 8 bytes, as a field that a relocation applies to. */
  signed(offset: number, size: 1 | 2 | 4 | 8): number | undefined {
    if (size === 8 || size === 4) return this.signedWord(offset, size);
    if (!this.has(offset, size)) return undefined;
    return size === 1 ? this.#view.getInt8(offset) : this.#view.getInt16(offset, true);
  }

  /** The string at `offset`, up to a NUL byte that must exist; limited to `limit` bytes. */
  string(offset: number, limit = 4096): string | undefined {
    if (!this.has(offset, 1)) return undefined;
    const end = this.bytes.subarray(0, offset + limit + 1).indexOf(0, offset);
    if (end < 0) return undefined;
    let text = '';
    for (let i = offset; i < end; i++) text += String.fromCharCode(this.bytes[i] ?? 0);
    return text;
  }

  #wide(offset: number, high: number | undefined): number | undefined {
    const low = this.u32(offset);
    if (low === undefined || high === undefined) return undefined;
    const value = high * 2 ** 32 + low;
    return Number.isSafeInteger(value) ? value : undefined;
  }
}
