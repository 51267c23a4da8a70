import { HERE } from './decode.ts';

/** An operand of Intel syntax, taken apart. */
export type Operand =
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'immediate'; readonly value: bigint }
  | {
      readonly kind: 'memory';
      readonly width: string;
      readonly registers: readonly string[];
      readonly offset: bigint;
      readonly reference: boolean;
    }
  /** A reference alone: the address of something, or where a branch leads. */
  | { readonly kind: 'reference' }
  | { readonly kind: 'other'; readonly text: string };

const NUMBER = /^-?(0x[0-9a-f]+|\d+)$/;

export function parseOperand(text: string): Operand {
  if (text === HERE) return { kind: 'reference' };
  if (NUMBER.test(text)) return { kind: 'immediate', value: number(text) };
  const memory = /^(.*?)\[(.*)\]$/.exec(text);
  if (memory) return parseMemory(memory[1] ?? '', memory[2] ?? '');
  return /^[a-z][a-z0-9]*(\(\d\))?$/.test(text) ? { kind: 'register', name: text } : { kind: 'other', text };
}

function parseMemory(prefix: string, inside: string): Operand {
  const registers: string[] = [];
  let offset = 0n;
  let reference = false;
  for (const [, sign = '+', term = ''] of inside.matchAll(/([+-]?)\s*([^\s+-]+)/g)) {
    if (term === HERE) reference = true;
    else if (NUMBER.test(term)) offset += sign === '-' ? -number(term) : number(term);
    else registers.push(term);
  }
  return { kind: 'memory', width: prefix.trim(), registers, offset, reference };
}

function number(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

/** A place in the function's own stack frame. `framePointer`: (e|r)bp points there, and is no register like another. */
export function isStackSlot(operand: Operand, framePointer: boolean): boolean {
  if (operand.kind !== 'memory' || operand.registers.length !== 1) return false;
  const [register = ''] = operand.registers;
  return isStackPointer(register) || (framePointer && /^[er]bp$/.test(register));
}

export function isStackPointer(register: string): boolean {
  return /^[er]?sp$/.test(register);
}

/** Bits of a general register by its name: what makes two registers exchangeable. */
export function registerClass(name: string): string {
  if (/^(e[a-ds][xip]|e[bs]p|r(8|9|1[0-5])d)$/.test(name)) return '32';
  if (/^(r[a-ds][xip]|r[bs]p|r(8|9|1[0-5]))$/.test(name)) return '64';
  if (/^([a-d]x|[sd]i|[bs]p|r(8|9|1[0-5])w)$/.test(name)) return '16';
  if (/^([a-d][lh]|[sd]il|[bs]pl|r(8|9|1[0-5])b)$/.test(name)) return '8';
  return name.replace(/\d+/g, '');
}
