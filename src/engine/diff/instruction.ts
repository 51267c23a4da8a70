/**
 * Lengths and fields of i386 and x86-64 instructions: enough to walk compiled kernel code, to name the instruction a byte belongs to, and to find the
 * relative branches that an assembler resolved without a relocation. Not a disassembler.
 */
export interface Instruction {
  readonly length: number;
  /** Offset and size of the immediate in the instruction; size 0 if it has none. */
  readonly immediateOffset: number;
  readonly immediateSize: number;
  /** The immediate is a displacement to a branch target, counted from the end of the instruction. */
  readonly branch: boolean;
}

/** Longest instruction the processor accepts. */
const MAX_LENGTH = 15;
const PREFIX = table(256, (op) => [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].includes(op));
const NOT_WIDE = 0x66;
const NOT_WIDE_ADDRESS = 0x67;

/** Shape of an opcode: a modrm byte, an immediate of 1, 2, 4 bytes or of the operand size ('v'; 'z': at most 4 bytes), a branch. */
interface Shape {
  readonly modrm: boolean;
  readonly immediate: 0 | 1 | 2 | 3 | 4 | 'z' | 'v' | 'moffs' | 'far';
  readonly branch: boolean;
}

const PLAIN: Shape = { modrm: false, immediate: 0, branch: false };
const MODRM: Shape = { modrm: true, immediate: 0, branch: false };
const shape = (modrm: boolean, immediate: Shape['immediate'], branch = false): Shape => ({ modrm, immediate, branch });

function oneByte(op: number): Shape {
  if (op < 0x40) {
    const low = op & 7;
    if (low < 4) return MODRM;
    if (low === 4) return shape(false, 1);
    return low === 5 ? shape(false, 'z') : PLAIN;
  }
  if (op < 0x60) return PLAIN;
  if (op >= 0x70 && op <= 0x7f) return shape(false, 1, true);
  if (op >= 0x84 && op <= 0x8f) return MODRM;
  if (op >= 0x91 && op <= 0x99) return PLAIN;
  if (op >= 0xa0 && op <= 0xa3) return shape(false, 'moffs');
  if (op >= 0xb0 && op <= 0xb7) return shape(false, 1);
  if (op >= 0xb8 && op <= 0xbf) return shape(false, 'v');
  if (op >= 0xd8 && op <= 0xdf) return MODRM;
  if (op >= 0xe0 && op <= 0xe3) return shape(false, 1, true);
  switch (op) {
    case 0x62:
    case 0x63:
    case 0xc4:
    case 0xc5:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
    case 0xfe:
    case 0xff:
      return MODRM;
    case 0x69:
    case 0x81:
    case 0xc7:
      return shape(true, 'z');
    case 0x6b:
    case 0x80:
    case 0x82:
    case 0x83:
    case 0xc0:
    case 0xc1:
    case 0xc6:
      return shape(true, 1);
    case 0x68:
    case 0xa9:
      return shape(false, 'z');
    case 0x6a:
    case 0xa8:
    case 0xcd:
    case 0xd4:
    case 0xd5:
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
      return shape(false, 1);
    case 0xc2:
    case 0xca:
      return shape(false, 2);
    case 0xc8:
      return shape(false, 3);
    case 0x9a:
    case 0xea:
      return shape(false, 'far');
    case 0xe8:
    case 0xe9:
      return shape(false, 'z', true);
    case 0xeb:
      return shape(false, 1, true);
    default:
      return PLAIN;
  }
}

function twoByte(op: number): Shape {
  if (op >= 0x80 && op <= 0x8f) return shape(false, 'z', true);
  if (op >= 0xc8 && op <= 0xcf) return PLAIN;
  if (op >= 0x30 && op <= 0x37) return PLAIN;
  switch (op) {
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0b:
    case 0x0e:
    case 0x77:
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa8:
    case 0xa9:
    case 0xaa:
      return PLAIN;
    case 0x70:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0xa4:
    case 0xac:
    case 0xba:
    case 0xc2:
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return shape(true, 1);
    default:
      return MODRM;
  }
}

/** Bytes of modrm, sib and displacement, from the modrm byte on. */
function modrmLength(bytes: Uint8Array, at: number, wideAddress: boolean): number {
  const modrm = bytes[at] ?? 0;
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (mod === 3) return 1;
  if (!wideAddress) return 1 + (mod === 1 ? 1 : mod === 2 || rm === 6 ? 2 : 0);
  const sib = rm === 4 ? 1 : 0;
  if (mod === 1) return 2 + sib;
  if (mod === 2) return 5 + sib;
  const base = sib ? (bytes[at + 1] ?? 0) & 7 : rm;
  return 1 + sib + (base === 5 ? 4 : 0);
}

const ONE_BYTE = table(256, oneByte);
const TWO_BYTE = table(256, twoByte);

function table<T>(length: number, of: (index: number) => T): readonly T[] {
  return Array.from({ length }, (_, index) => of(index));
}

/** `W`: the REX prefix (or VEX) asks for 64-bit operands. */
interface Widths {
  readonly operand: boolean;
  readonly address: boolean;
  readonly W: boolean;
  readonly bits: 32 | 64;
}

function immediateSize(kind: Shape['immediate'], { operand, address, W, bits }: Widths): number {
  if (kind === 'v' && W) return 8;
  if (kind === 'z' || kind === 'v') return operand || W ? 4 : 2;
  if (kind === 'moffs') return (address ? 4 : 2) * (bits / 32);
  if (kind === 'far') return operand ? 6 : 4;
  return kind;
}

/** The opcode map of a VEX or EVEX instruction, with the bytes up to its opcode; undefined if it is none. */
function vector(bytes: Uint8Array, at: number, op: number, bits: 32 | 64): { map: number; prefix: number } | undefined {
  const next = bytes[at] ?? 0;
  // In 32-bit code these are LES, LDS and BOUND, unless the operand would be a register.
  if (bits === 32 && next < 0xc0) return undefined;
  if (op === 0xc5) return { map: 1, prefix: 1 };
  if (op === 0xc4) return { map: next & 0x1f, prefix: 2 };
  return op === 0x62 ? { map: next & 7, prefix: 3 } : undefined;
}

/** The instruction at `start`, or undefined if the bytes end inside of it. `bits`: the mode of the processor. */
export function decode(bytes: Uint8Array, start: number, bits: 32 | 64 = 32): Instruction | undefined {
  let at = start;
  let operand = true;
  let address = true;
  let W = false;
  for (let byte = bytes[at] ?? 0; PREFIX[byte] && at - start < MAX_LENGTH; byte = bytes[++at] ?? 0) {
    if (byte === NOT_WIDE) operand = false;
    if (byte === NOT_WIDE_ADDRESS) address = false;
  }
  let op = bytes[at++] ?? 0;
  if (bits === 64 && op >= 0x40 && op <= 0x4f) {
    W = (op & 8) !== 0;
    op = bytes[at++] ?? 0;
  }
  let form = ONE_BYTE[op] ?? PLAIN;
  const extended = op === 0xc4 || op === 0xc5 || op === 0x62 ? vector(bytes, at, op, bits) : undefined;
  if (extended) {
    const second = bytes[at + extended.prefix] ?? 0;
    at += extended.prefix + 1;
    form = extended.map === 1 ? (TWO_BYTE[second] ?? MODRM) : extended.map === 3 ? shape(true, 1) : MODRM;
  } else if (op === 0x0f) {
    const second = bytes[at++] ?? 0;
    form = TWO_BYTE[second] ?? MODRM;
    if (second === 0x38 || second === 0x3a) at++;
    if (second === 0x3a) form = shape(true, 1);
    // A near branch has 32 bits in 64-bit code, whatever its prefixes.
    if (form.branch && bits === 64) operand = true;
  } else if ((op === 0xf6 || op === 0xf7) && at < bytes.length) {
    // Only the test forms of this group have an immediate.
    form = ((bytes[at] ?? 0) & 0x38) <= 0x08 ? shape(true, op === 0xf6 ? 1 : 'z') : MODRM;
  } else if (form.branch && bits === 64) operand = true;
  if (form.modrm) at += modrmLength(bytes, at, address || bits === 64);
  const size = form.immediate === 0 ? 0 : immediateSize(form.immediate, { operand, address, W, bits });
  const length = at + size - start;
  if (start + length > bytes.length) return undefined;
  return { length, immediateOffset: at - start, immediateSize: size, branch: form.branch };
}

/** Start offsets of the instructions in `bytes`, as far as they can be walked. */
export function* walk(bytes: Uint8Array, bits: 32 | 64 = 32): Generator<{ offset: number; instruction: Instruction }> {
  for (let offset = 0; offset < bytes.length;) {
    const instruction = decode(bytes, offset, bits);
    if (!instruction) return;
    yield { offset, instruction };
    offset += instruction.length;
  }
}

/** Start of the instruction that contains the byte at `offset`. */
export function instructionStart(bytes: Uint8Array, offset: number, bits: 32 | 64 = 32): number {
  let start = 0;
  for (const step of walk(bytes, bits)) {
    if (step.offset > offset) break;
    start = step.offset;
  }
  return start;
}

/** Whether all bytes are instructions without effect, as assemblers fill gaps with: nop, int3, lea to itself, mov to itself. */
export function isNops(bytes: Uint8Array, bits: 32 | 64): boolean {
  let end = 0;
  for (const { offset, instruction } of walk(bytes, bits)) {
    let at = offset;
    while (PREFIX[bytes[at] ?? 0]) at++;
    const [op = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const long = op === 0x0f && second === 0x1f;
    // %esi is loaded with its own value: modrm 76, b6 (+ displacement 0), 74 26, b4 26.
    const lea =
      bits === 32 &&
      op === 0x8d &&
      (second === 0x76 || second === 0xb6 || ((second === 0x74 || second === 0xb4) && third === 0x26));
    const idle = lea && bytes.subarray(at + 2 + (second === 0x74 || second === 0xb4 ? 1 : 0), offset + instruction.length);
    const move = bits === 32 && op === 0x89 && second === 0xf6;
    if (op !== 0x90 && op !== 0xcc && !long && !move && !(idle && idle.every((byte) => byte === 0))) return false;
    end = offset + instruction.length;
  }
  return end === bytes.length;
}
