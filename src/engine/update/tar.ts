import { failure, success, type Failure, type Result } from '../failure.ts';

/** A file of an archive. */
export interface TarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/** A ustar archive: plain files owned by root, all with the same time (seconds since 1970). Equal inputs give equal bytes. */
export function writeTar(files: readonly TarFile[], time: number): Uint8Array {
  const blocks = files.reduce((sum, file) => sum + 1 + Math.ceil(file.bytes.length / BLOCK), 2);
  const out = new Uint8Array(blocks * BLOCK);
  let at = 0;
  for (const file of files) {
    const header = out.subarray(at, at + BLOCK);
    putName(header, file.name);
    put(header, 100, '0000644\0');
    put(header, 108, '0000000\0');
    put(header, 116, '0000000\0');
    put(header, 124, octal(file.bytes.length));
    put(header, 136, octal(time));
    put(header, 156, '0');
    put(header, 257, 'ustar\0' + '00');
    put(header, 265, 'root');
    put(header, 297, 'root');
    put(header, 148, `${checksum(header).toString(8).padStart(6, '0')}\0 `);
    out.set(file.bytes, at + BLOCK);
    at += BLOCK * (1 + Math.ceil(file.bytes.length / BLOCK));
  }
  return out;
}

/** Reads the plain files of an archive, as views into it; checks every header. Fails with `bad_tar`. */
export function readTar(bytes: Uint8Array): Result<TarFile[]> {
  const files: TarFile[] = [];
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return success(files);
    const size = number(header, 124, 12);
    if (number(header, 148, 8) !== checksum(header)) return bad('A header of the archive is damaged.', at);
    const end = at + BLOCK + (size ?? Infinity);
    if (size === undefined || end > bytes.length) return bad('The archive ends in the middle of a file.', at);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === '0' || type === '\0') files.push({ name: fileName(header), bytes: bytes.subarray(at + BLOCK, end) });
    else if (type !== '5') return bad('The archive holds something that is neither a file nor a folder.', at);
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return bad('The archive has no end.', bytes.length);
}

function bad(message: string, at: number): Failure {
  return failure('bad_tar', message, { found: `at byte ${at}`, hint: 'Get or make the update again.' });
}

const NAME_SIZE = 100;
/** Where the leading folders of a longer name stand, and how much of them fits. */
const PREFIX = 345;
const PREFIX_SIZE = 155;

/** The folders of a name too long for its field go into another one. The names of this project all fit. */
function putName(header: Uint8Array, name: string): void {
  const cut = name.length > NAME_SIZE ? name.indexOf('/', name.length - NAME_SIZE - 1) : -1;
  if (cut > PREFIX_SIZE || (cut < 0 && name.length > NAME_SIZE)) throw new Error(`${name} is too long for an archive`);
  put(header, 0, name.slice(cut + 1));
  put(header, PREFIX, name.slice(0, Math.max(0, cut)));
}

function fileName(header: Uint8Array): string {
  const prefix = text(header, PREFIX, PREFIX_SIZE);
  return (prefix === '' ? '' : `${prefix}/`) + text(header, 0, NAME_SIZE);
}

function put(header: Uint8Array, offset: number, value: string): void {
  for (let i = 0; i < value.length; i++) header[offset + i] = value.charCodeAt(i);
}

function octal(value: number): string {
  return `${value.toString(8).padStart(11, '0')}\0`;
}

function text(header: Uint8Array, offset: number, length: number): string {
  let value = '';
  for (let i = offset; i < offset + length && header[i]; i++) value += String.fromCharCode(header[i] ?? 0);
  return value;
}

function number(header: Uint8Array, offset: number, length: number): number | undefined {
  const digits = text(header, offset, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** Sum of the header's bytes, those of the checksum itself counted as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
}
