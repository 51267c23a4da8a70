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
    if (size === 4) return this.u32(offset);
    if (!this.has(offset, 8)) return undefined;
    const value = Number(this.#view.getBigUint64(offset, true));
    return Number.isSafeInteger(value) ? value : undefined;
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
}
