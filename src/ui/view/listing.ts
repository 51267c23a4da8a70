import type { Instruction } from '../../workers/disassembler.ts';

/** Rows of a listing: an instruction before and after, or a run of equal ones that is folded away. */
export type ListingRow =
  | { readonly kind: 'same' | 'changed'; readonly pre: Instruction; readonly post: Instruction }
  | { readonly kind: 'removed'; readonly pre: Instruction; readonly post?: undefined }
  | { readonly kind: 'added'; readonly pre?: undefined; readonly post: Instruction }
  | { readonly kind: 'fold'; readonly count: number };

/** Equal instructions kept on either side of a difference. */
const CONTEXT = 3;
/** Instructions on a side beyond which only the ends are aligned: the table grows with the square. */
const MAX_ALIGNED = 3000;

/** What makes two instructions the same: jumps inside the function move with the code between. */
function key(instruction: Instruction): string {
  return instruction.local ? `${instruction.mnemonic} local` : `${instruction.mnemonic} ${instruction.operands}`;
}

/** Aligns two listings and folds long equal runs. */
export function alignListings(pre: readonly Instruction[], post: readonly Instruction[]): readonly ListingRow[] {
  return fold(pairUp(align(pre, post)));
}

type Aligned = Exclude<ListingRow, { kind: 'fold' }>;

function align(pre: readonly Instruction[], post: readonly Instruction[]): Aligned[] {
  const a = pre.map(key);
  const b = post.map(key);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const rows: Aligned[] = [];
  const same = (i: number, j: number) => {
    const left = pre[i];
    const right = post[j];
    if (left && right) rows.push({ kind: 'same', pre: left, post: right });
  };
  for (let i = 0; i < head; i++) same(i, i);
  rows.push(...middle(pre.slice(head, pre.length - tail), post.slice(head, post.length - tail)));
  for (let k = tail; k > 0; k--) same(pre.length - k, post.length - k);
  return rows;
}

/** Longest common subsequence, by the usual table. */
function middle(pre: readonly Instruction[], post: readonly Instruction[]): Aligned[] {
  const removed = (instruction: Instruction): Aligned => ({ kind: 'removed', pre: instruction });
  const added = (instruction: Instruction): Aligned => ({ kind: 'added', post: instruction });
  if (pre.length > MAX_ALIGNED || post.length > MAX_ALIGNED) return [...pre.map(removed), ...post.map(added)];
  const width = post.length + 1;
  const table = new Uint16Array((pre.length + 1) * width);
  const at = (i: number, j: number) => table[i * width + j] ?? 0;
  const equal = (left: Instruction | undefined, right: Instruction | undefined) => left && right && key(left) === key(right);
  for (let i = pre.length - 1; i >= 0; i--) {
    for (let j = post.length - 1; j >= 0; j--) {
      table[i * width + j] = equal(pre[i], post[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const rows: Aligned[] = [];
  let i = 0;
  let j = 0;
  while (i < pre.length || j < post.length) {
    const left = pre[i];
    const right = post[j];
    if (left && right && equal(left, right)) {
      rows.push({ kind: 'same', pre: left, post: right });
      i++;
      j++;
    } else if (left && (!right || at(i + 1, j) >= at(i, j + 1))) {
      rows.push(removed(left));
      i++;
    } else if (right) {
      rows.push(added(right));
      j++;
    }
  }
  return rows;
}

/** Puts removed and added instructions of one place side by side. */
function pairUp(rows: readonly Aligned[]): Aligned[] {
  const result: Aligned[] = [];
  for (let at = 0; at < rows.length;) {
    const removed: Instruction[] = [];
    const added: Instruction[] = [];
    for (let row = rows[at]; row && (row.kind === 'removed' || row.kind === 'added'); row = rows[++at]) {
      if (row.kind === 'removed') removed.push(row.pre);
      else added.push(row.post);
    }
    for (let k = 0; k < Math.max(removed.length, added.length); k++) {
      const pre = removed[k];
      const post = added[k];
      if (pre && post) result.push({ kind: 'changed', pre, post });
      else if (pre) result.push({ kind: 'removed', pre });
      else if (post) result.push({ kind: 'added', post });
    }
    const row = rows[at];
    if (row) result.push(row);
    at++;
  }
  return result;
}

function fold(rows: readonly Aligned[]): ListingRow[] {
  const near = rows.map((_, index) =>
    rows.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((row) => row.kind !== 'same'),
  );
  const result: ListingRow[] = [];
  for (let at = 0; at < rows.length;) {
    const end = rows.findIndex((_, index) => index >= at && (near[index] ?? false));
    const until = end < 0 ? rows.length : end;
    if (until - at > 1) result.push({ kind: 'fold', count: until - at });
    else result.push(...rows.slice(at, until));
    at = until;
    for (let row = rows[at]; row && near[at]; row = rows[++at]) result.push(row);
  }
  return result;
}
