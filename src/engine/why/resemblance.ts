import type { Instruction } from './decode.ts';
import { parseOperand, type Operand } from './operands.ts';

/**
 * How alike two instructions are that are not the same, as a weight: 0 if one cannot stand for the other. The same instruction with one other operand
 * is most alike; another one is only if it does the same with the same operands (`add` and `sub`) or is a branch on another condition.
 */
export function resemblance(pre: Instruction, post: Instruction): number {
  const branches = isConditional(pre) && isConditional(post);
  if (pre.mnemonic !== post.mnemonic) {
    if (branches) return 2;
    return pre.operands.length > 0 && pre.operands.join() === post.operands.join() && !pre.branch === !post.branch ? 2 : 0;
  }
  if (pre.operands.length !== post.operands.length) return 1;
  if (pre.operands.length === 0) return 4;
  const shares = pre.operands.map((operand, index) => share(operand, post.operands[index] ?? ''));
  // What went from a register into memory, or the other way round, has at least the other operand in common.
  if (shares.includes(0)) return Math.max(...shares) === 1 ? 1 : 0;
  return 2 + (3 * sum(shares)) / shares.length;
}

function isConditional({ mnemonic }: Instruction): boolean {
  return /^j(?!mp)/.test(mnemonic);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** 1 for equal operands, 0 for those of different kinds. */
function share(left: string, right: string): number {
  if (left === right) return 1;
  const [a, b] = [parseOperand(left), parseOperand(right)];
  if (a.kind === 'memory' && b.kind === 'memory') {
    const registers = a.registers.join() === b.registers.join();
    return 0.25 + (registers ? 0.5 : 0) + (a.offset === b.offset ? 0.2 : 0);
  }
  if (a.kind === b.kind) return 0.4;
  return value(a) && value(b) ? 0.2 : 0;
}

/** A constant, or an address that is one once the code is linked. */
function value({ kind }: Operand): boolean {
  return kind === 'immediate' || kind === 'reference';
}
