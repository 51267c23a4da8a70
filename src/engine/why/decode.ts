import type { Code, CodePlace, CodeRelocation, CodeSite } from '../diff/changes.ts';
import { failure, success, type Result } from '../failure.ts';

/** One instruction as a disassembler gives it, in Intel syntax; a branch names its target as a number. */
export interface RawInstruction {
  readonly offset: number;
  readonly size: number;
  readonly mnemonic: string;
  readonly operands: string;
}

/** A disassembler: the instructions of some bytes that begin at address 0, as far as it can read them. */
export type Disassemble = (bytes: Uint8Array, bits: 32 | 64) => readonly RawInstruction[];

/** An instruction with its references taken out of the text. */
export interface Instruction {
  readonly offset: number;
  readonly size: number;
  readonly bytes: string;
  readonly mnemonic: string;
  /** `\0` stands where a reference stands. */
  readonly operands: readonly string[];
  /** In the order of their fields. */
  readonly references: readonly CodeRelocation[];
  /** Where a branch without a relocation leads. */
  readonly branch: CodePlace | undefined;
  readonly sites: readonly CodeSite[];
}

/** Where a reference stands in an operand. */
export const HERE = '\0';
/** Values that stand in for relocations while the disassembler looks: large enough that no other operand has them. */
const MARK = 0x4b000000;
/** A kernel function has a few KB. */
const MAX_BYTES = 1 << 20;

/** Disassembles a piece of code. Every byte is in exactly one instruction; what is none becomes a `.byte`. Fails with `bad_code`. */
export function decodeCode(code: Code, disassemble: Disassemble): Result<readonly Instruction[]> {
  const bytes = bytesOf(code.bytes);
  if (!bytes || bytes.length > MAX_BYTES) {
    return failure('bad_code', 'The code is not a row of bytes in hex.', {
      where: `${code.symbol} in ${code.section}`,
      expected: `at most ${MAX_BYTES} bytes`,
    });
  }
  const view = new DataView(bytes.buffer);
  code.relocations.forEach(({ offset, size }, index) => {
    if (size >= 4 && offset + size <= bytes.length) view.setUint32(offset, MARK + index, true);
  });
  const marks = new Marks(code);
  return success(complete(bytes, disassemble, code.bits).map((raw) => marks.take(raw)));
}

/** Bytes that the disassembler is given at once, at most and just after something it could not read: what it does not read it is given again. */
const WINDOW = { most: 1 << 16, least: 1 << 8 };
const LONGEST = 15;

/** Goes on behind what the disassembler cannot read. */
function complete(bytes: Uint8Array, disassemble: Disassemble, bits: 32 | 64): RawInstruction[] {
  const result: RawInstruction[] = [];
  let window = WINDOW.most;
  for (let at = 0; at < bytes.length;) {
    const start = at;
    const until = Math.min(bytes.length, start + window);
    for (const raw of disassemble(bytes.subarray(start, until), bits)) {
      const target = BRANCH.test(raw.mnemonic) && NUMBER.test(raw.operands) ? Number(raw.operands) + start : undefined;
      result.push({ ...raw, offset: raw.offset + start, ...(target !== undefined && { operands: hexText(target) }) });
      at = start + raw.offset + raw.size;
    }
    window = Math.min(WINDOW.most, window * 2);
    // The window may have cut the last instruction.
    if (at === bytes.length || (until < bytes.length && until - at < LONGEST)) continue;
    result.push({ offset: at, size: 1, mnemonic: '.byte', operands: hexText(bytes[at] ?? 0) });
    at++;
    window = WINDOW.least;
  }
  return result;
}

const BRANCH = /^(j|call|loop|xbegin)/;
const NUMBER = /^-?(0x[0-9a-f]+|\d+)$/;

/** Gives each instruction its relocations and sites; instructions come in order. */
class Marks {
  readonly #code: Code;
  #relocation = 0;
  #site = 0;

  constructor(code: Code) {
    this.#code = code;
  }

  take({ offset, size, mnemonic, operands }: RawInstruction): Instruction {
    const { relocations, sites, bytes, symbol } = this.#code;
    const end = offset + size;
    const references: CodeRelocation[] = [];
    let text = operands;
    for (let next = relocations[this.#relocation]; next && next.offset < end; next = relocations[++this.#relocation]) {
      text = withReference(text, mnemonic, MARK + this.#relocation);
      references.push(next);
    }
    const here: CodeSite[] = [];
    for (let next = sites[this.#site]; next && next.offset < end; next = sites[++this.#site]) here.push(next);
    const local = references.length === 0 && BRANCH.test(mnemonic) && NUMBER.test(text);
    return {
      offset,
      size,
      bytes: bytes.slice(offset * 2, end * 2),
      mnemonic,
      operands: local ? [HERE] : splitOperands(text),
      references,
      branch: local ? { symbol, offset: Number(text) } : undefined,
      sites: here,
    };
  }
}

/** A branch shows its target, which is the mark plus its own end; everything else shows the mark. */
function withReference(operands: string, mnemonic: string, mark: number): string {
  if (BRANCH.test(mnemonic) && NUMBER.test(operands)) return HERE;
  const text = operands.replace(hexText(mark), HERE);
  return text.includes(HERE) ? text : operands;
}

/** At commas outside of brackets. */
function splitOperands(text: string): string[] {
  return text === '' ? [] : text.split(/, (?![^[]*\])/);
}

export function hexText(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function bytesOf(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(index * 2, index * 2 + 2), 16));
}
