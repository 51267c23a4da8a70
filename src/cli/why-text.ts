import { isKnown } from '../engine/why/chains.ts';
import {
  differs,
  type AlignedPiece,
  type Chain,
  type ChainNode,
  type DifferenceKind,
  type FunctionWhy,
  type Line,
  type Row,
} from '../engine/why/why.ts';
import type { Output } from './output.ts';

/** What the sign of the row says already. */
const UNTOLD: ReadonlySet<DifferenceKind> = new Set(['removed', 'inserted', 'distance', 'encoding', 'padding']);
/** Equal rows shown on either side of a difference. */
const CONTEXT = 2;
const COLUMN = 44;

/** What leads to a function, one line for each chain that begins at the patch. */
export function chainText({ chains }: FunctionWhy): string[] {
  return chains.filter(isKnown).map((chain) => `← ${words(chain)}`);
}

/** All that is known of a function: its chains link by link, then its instructions side by side. */
export function showWhy(output: Output, { chains, pieces }: FunctionWhy): void {
  output.line();
  for (const chain of chains) {
    for (const [index, { node, link }] of chain.steps.entries()) {
      if (link) output.line(`      ${'  '.repeat(index)}↳ ${nodeText(node)}   ${output.paint('dim', link.evidence)}`);
      else output.line(`      ${output.paint('bold', nodeText(node))}`);
    }
  }
  showPieces(output, pieces);
}

/** Instructions side by side, with runs of equal ones left out. */
export function showPieces(output: Output, pieces: readonly AlignedPiece[]): void {
  for (const piece of pieces) showPiece(output, piece);
  output.line();
}

function showPiece(output: Output, { symbol, rows }: AlignedPiece): void {
  output.line();
  output.line(`      ${output.paint('bold', symbol)}`);
  const near = nearDifferences(rows);
  for (let at = 0; at < rows.length;) {
    let end = at;
    while (end < rows.length && !near[end]) end++;
    if (end - at > 1) output.line(`      ${output.paint('dim', `… ${end - at} equal`)}`);
    else for (const row of rows.slice(at, end)) showRow(output, row);
    at = end;
    for (let row = rows[at]; row && near[at]; row = rows[++at]) showRow(output, row);
  }
}

function nearDifferences(rows: readonly Row[]): boolean[] {
  const near = rows.map(() => false);
  rows.forEach(({ differences }, index) => {
    if (differences.length > 0) near.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  return near;
}

function showRow(output: Output, row: Row): void {
  const { pre, post, differences } = row;
  const sign = differences.length === 0 ? ' ' : differs(row) ? (pre ? (post ? '≠' : '-') : '+') : '~';
  const text = `      ${sign} ${(pre ? lineText(pre) : '').padEnd(COLUMN)} │ ${post ? lineText(post) : ''}`;
  output.line(differs(row) ? output.paint('yellow', text) : text);
  for (const { kind, text: why } of differences) {
    if (!UNTOLD.has(kind)) output.line(`        ${''.padEnd(COLUMN)} │   ${output.paint('dim', `${kind}: ${why}`)}`);
  }
  for (const note of new Set([...(pre?.notes ?? []), ...(post?.notes ?? [])]))
    output.line(`        ${''.padEnd(COLUMN)} │   ${output.paint('dim', note)}`);
}

function lineText({ offset, label, mnemonic, operands }: Line): string {
  return `${`+${offset.toString(16)}`.padEnd(6)}${(label ? `${label}:` : '').padEnd(5)}${mnemonic} ${operands}`.trimEnd();
}

function words({ steps }: Chain): string {
  return steps.map(({ node }) => nodeText(node)).join(' → ');
}

function nodeText(node: ChainNode): string {
  switch (node.kind) {
    case 'patch':
      return `${node.path}:${node.line}${node.side === 'pre' ? ' (before)' : ''}`;
    case 'source':
      return node.what === 'function' ? `${node.name}()` : `${node.what} ${node.name}`;
    case 'string':
      return JSON.stringify(node.text);
    case 'data':
      return node.name;
    case 'function':
      return `${node.name}()`;
    case 'unknown':
      return node.text;
  }
}
