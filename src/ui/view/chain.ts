import type { ChainNode, Via } from '../../engine/why/why.ts';

/** What a box of the picture says. */
export interface Box {
  /** What it is; empty if the kind of node says it all. */
  readonly what: string;
  readonly name: string;
  readonly detail?: string;
}

const SOURCE_WORDS = {
  function: 'inline function',
  macro: 'macro',
  struct: 'structure',
  enum: 'constant',
  variable: 'variable',
  other: 'definition',
} as const;

export function boxOf(node: ChainNode): Box {
  switch (node.kind) {
    case 'patch': {
      const what = `patch, ${node.count === 1 ? '1 line' : `${node.count} lines`}${node.side === 'pre' ? ' taken away' : ''}`;
      return { what, name: `${node.path}:${node.line}`, detail: node.text.replace(/^([+-])\s+/, '$1 ') };
    }
    case 'source':
      return { what: SOURCE_WORDS[node.what], name: node.name };
    case 'string':
      return { what: '', name: JSON.stringify(node.text) };
    case 'unknown':
      return { what: '', name: node.text };
    case 'data':
    case 'function':
      return { what: '', name: node.name };
  }
}

/** How a box leads to the next, in a word or two. */
export const LINK_WORDS: Record<Via, string> = {
  lines: 'is in',
  inlined: 'is part of',
  macro: 'is used in',
  layout: 'lays out',
  constant: 'is used in',
  string: 'is used by',
  data: 'is used by',
  clone: 'is called by',
  callee: 'is called by',
  middle: 'is entered by',
};
