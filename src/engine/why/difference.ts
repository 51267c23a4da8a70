import type { CodeRelocation } from '../diff/changes.ts';
import { HERE, hexText, type Instruction } from './decode.ts';
import { isStackPointer, isStackSlot, parseOperand, registerClass, type Operand } from './operands.ts';
import type { Places } from './places.ts';
import { siteDifferences } from './site-difference.ts';
import type { Difference, DifferenceKind } from './why.ts';

/** What is known of the function that two instructions are in. */
export interface Context {
  readonly places: Places;
  /** Whether a number of pre and one of post are one line number of the source that moved. */
  readonly isLine: (pre: number, post: number) => boolean;
  /** (e|r)bp points at the stack frame. */
  readonly framePointer: boolean;
}

/** What differs between two instructions that stand for each other; nothing if they mean the same in the same bytes. */
export function differencesOf(pre: Instruction, post: Instruction, context: Context): Difference[] {
  const found = [...codeDifferences(pre, post, context), ...siteDifferences(pre, post, context)];
  if (found.length > 0 || pre.bytes === post.bytes) return found;
  return pre.branch
    ? [{ kind: 'distance', text: 'The same jump to the same place, which is another distance away.' }]
    : [{ kind: 'encoding', text: 'The same instruction in other bytes.' }];
}

function codeDifferences(pre: Instruction, post: Instruction, context: Context): Difference[] {
  if (pre.mnemonic !== post.mnemonic) return [{ kind: 'opcode', text: `${post.mnemonic} instead of ${pre.mnemonic}.` }];
  if (pre.operands.length !== post.operands.length || !pre.branch !== !post.branch)
    return [{ kind: 'opcode', text: `Another form of ${post.mnemonic}.` }];
  if (pre.branch && post.branch) {
    if (context.places.same(pre.branch, post.branch)) return [];
    return [{ kind: 'jump-target', text: 'It leads to another place in the function.' }];
  }
  const frame = isStackPointer(pre.operands[0] ?? '');
  const result: Difference[] = [];
  pre.operands.forEach((text, index) => {
    const other = post.operands[index] ?? '';
    const [a, b] = [parseOperand(text), parseOperand(other)];
    const found = text === other ? [] : operandDifferences(a, b, frame, context, { text, other });
    // It reads no memory: mostly it is arithmetic, and what it adds a constant like another.
    const sum = pre.mnemonic === 'lea';
    result.push(...found.map((one): Difference => (sum && one.kind === 'memory-offset' ? { ...one, kind: 'immediate' } : one)));
  });
  return [...result, ...referenceDifferences(pre, post, context.places)];
}

interface Texts {
  readonly text: string;
  readonly other: string;
}

function operandDifferences(a: Operand, b: Operand, frame: boolean, context: Context, { text, other }: Texts): Difference[] {
  const one = (kind: DifferenceKind, words: string): Difference[] => [{ kind, text: words }];
  const instead = `${shown(other)} instead of ${shown(text)}`;
  if (a.kind === 'register' && b.kind === 'register') {
    return registerClass(a.name) === registerClass(b.name)
      ? one('register', `Register ${instead}.`)
      : one('opcode', `An operand of another size: ${instead}.`);
  }
  if (a.kind === 'immediate' && b.kind === 'immediate') {
    if (frame) return one('stack', `The stack frame has another size: ${instead}.`);
    if (context.isLine(Number(a.value), Number(b.value))) return one('line', `Line ${b.value} instead of ${a.value}.`);
    return one('immediate', `The constant ${instead}.`);
  }
  if (a.kind === 'memory' && b.kind === 'memory') return memoryDifferences(a, b, context.framePointer);
  // What is a reference on one side only is told with the references.
  if (text.includes(HERE) || other.includes(HERE)) return [];
  if (
    (a.kind === 'register' && isStackSlot(b, context.framePointer)) ||
    (b.kind === 'register' && isStackSlot(a, context.framePointer))
  )
    return one('register', `${instead}: kept elsewhere.`);
  return one('opcode', `Another kind of operand: ${instead}.`);
}

function memoryDifferences(
  a: Operand & { kind: 'memory' },
  b: Operand & { kind: 'memory' },
  framePointer: boolean,
): Difference[] {
  const result: Difference[] = [];
  const bare = (registers: readonly string[]): string => registers.map((register) => register.replace(/\*\d+$/, '')).join(' + ');
  const scales = (registers: readonly string[]): string =>
    registers.map((register) => /\*(\d+)$/.exec(register)?.[1] ?? '').join();
  if (a.width !== b.width) result.push({ kind: 'opcode', text: `An operand of another size: ${b.width} instead of ${a.width}.` });
  const sameBase = bare(a.registers) === bare(b.registers);
  if (!sameBase) {
    result.push({ kind: 'register', text: `Register ${bare(b.registers) || 'none'} instead of ${bare(a.registers) || 'none'}.` });
  } else if (scales(a.registers) !== scales(b.registers)) {
    result.push({ kind: 'memory-offset', text: 'The elements of the array have another size.' });
  }
  if (a.offset !== b.offset) {
    const words = `${hexText(Number(b.offset))} instead of ${hexText(Number(a.offset))}`;
    const stack = isStackSlot(a, framePointer) && isStackSlot(b, framePointer);
    result.push(
      stack
        ? { kind: 'stack', text: `Another place in the stack frame: ${words}.` }
        : { kind: 'memory-offset', text: `Another offset: ${words}.` },
    );
  }
  return result;
}

function referenceDifferences(pre: Instruction, post: Instruction, places: Places): Difference[] {
  const count = Math.max(pre.references.length, post.references.length);
  return Array.from({ length: count }, (_, index): Difference[] => {
    const [a, b] = [pre.references[index], post.references[index]];
    if (a && b && places.sameTarget(a, b)) return [];
    if (!a || !b) {
      const only = a ?? b;
      const side = a ? 'pre' : 'post';
      return only ? [{ kind: kindOf(pre, only, only), text: `A reference to ${shown(only.target)} in ${side} only.` }] : [];
    }
    if (a.place && b.place) {
      const entered = a.identity !== b.identity;
      const text = entered
        ? `It enters ${b.place.symbol} past its start, and that is replaced.`
        : `It leads to another place in ${b.place.symbol}.`;
      return [{ kind: 'jump-target', text }];
    }
    if (a.table && b.table) return [{ kind: 'data', text: places.tableDifference(a.table, b.table) }];
    const changed = a.target === b.target;
    const text = changed ? `${shown(b.target)} is not what it was.` : `${shown(b.target)} instead of ${shown(a.target)}.`;
    return [{ kind: kindOf(pre, a, b), text }];
  }).flat();
}

function kindOf(instruction: Instruction, a: CodeRelocation, b: CodeRelocation): DifferenceKind {
  if (a.to === 'string' || b.to === 'string') return 'string';
  return instruction.operands[0] === HERE && /^(call|j)/.test(instruction.mnemonic) ? 'call-target' : 'data';
}

const MOST_SHOWN = 100;

/** Long strings are cut: an instruction is one line. */
export function shown(text: string): string {
  // The level that the kernel's log puts first is no part of a message.
  const plain = text.replaceAll(HERE, 'a reference').replace(/^"\\u0001./, '"');
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN - 1)}…` : plain;
}
