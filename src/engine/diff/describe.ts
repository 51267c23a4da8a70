import type { Changes, DataChange, ExportChange, FunctionChange, Pair, Piece } from './changes.ts';
import type { Comparison } from './compare.ts';
import { describeCode } from './describe-code.ts';
import { describeLineOnly } from './describe-lines.ts';
import { hasEffect } from './effect.ts';
import { isLabelTable } from './equal.ts';
import type { Export } from './exports.ts';
import { coldParent, ownerName, sourceName } from './names.ts';
import { groupBy } from './pairing.ts';
import { pullsOf } from './pulls.ts';
import { reasonsOf, type FunctionPieces, type PiecePair } from './reasons.ts';
import { spanName, type Span } from './span.ts';

/**
 * Tells a comparison in the terms of the source: functions, variables, reasons. `ships`: it has a part in an update, for another unit may need what is
 * new in it.
 */
export function describeChanges(comparison: Comparison, ships = hasEffect(comparison)): Changes {
  const before = groupBy(comparison.pre.spans, (span) => (span.kind === 'text' ? ownerName(spanName(span)) : undefined));
  const functions = mergeClones(
    groupFunctions(comparison).map((group) => describeFunction(comparison, group, wholeFunction(before, group))),
  );
  const data = describeData(comparison);
  const hooks = comparison.hooks.map((hook) => ({ kind: hook.kind, function: spanName(hook.function) }));
  const exports = describeExports(comparison);
  const verdict = comparison.refusals.length > 0 ? 'refused' : ships ? 'changed' : 'unchanged';
  return {
    object: comparison.objectPath,
    verdict,
    functions,
    data,
    hooks,
    exports,
    ...describeLineOnly(comparison, functions),
    refusals: comparison.refusals,
    ignored: comparison.ignored,
    pairs: describePairs(comparison),
  };
}

interface Group {
  readonly name: string;
  readonly pairs: PiecePair[];
}

function groupFunctions({ pre, changed, newText, removedText }: Comparison): Group[] {
  const groups = new Map<string, Group>();
  const add = (name: string, pair: PiecePair): void => {
    const group = groups.get(name) ?? { name, pairs: [] };
    groups.set(name, group);
    group.pairs.push(pair);
  };
  // What is new and has no namesake may go by the name it has in the source, though the compiler made a clone of it.
  const known = new Set(pre.spans.filter((span) => span.kind === 'text').map((span) => sourceName(spanName(span))));
  const newName = (name: string): string => (known.has(sourceName(name)) ? ownerName(name) : sourceName(name));
  for (const span of changed) add(ownerName(spanName(span)), { pre: span, post: span.partner });
  for (const span of newText) add(newName(spanName(span)), { pre: undefined, post: span });
  for (const span of removedText) add(ownerName(spanName(span)), { pre: span, post: undefined });
  return [...groups.values()];
}

function describeFunction(comparison: Comparison, { name, pairs }: Group, whole: FunctionPieces): FunctionChange {
  pairs.sort((a, b) => byPiece(pieceName(a), pieceName(b), name));
  // A new or lost piece of a function that is otherwise as it was does not make the function new or lost.
  const pieces = pairs.every((pair) => pieceName(pair) !== name);
  const hadPre = pairs.some((pair) => pair.pre) || (pieces && unchangedPiece(comparison.pre.spans, name));
  const hasPost = pairs.some((pair) => pair.post) || (pieces && unchangedPiece(comparison.post.spans, name));
  const status = !hadPre ? 'new' : !hasPost ? 'removed' : 'changed';
  return {
    name,
    status,
    reasons: status === 'changed' ? reasonsOf(comparison, whole, pairs) : [],
    pieces: pairs.map(({ pre, post }): Piece => ({
      symbol: pieceName({ pre, post }),
      pre: pre && describeCode(pre, 'pre', comparison.changed),
      post: post && describeCode(post, 'post', comparison.changed),
      decidedBy: pre && post && pre.decidedBy,
    })),
  };
}

/** The function itself first, then its `.part` pieces, then what is cold, of both; pieces of a kind by their numbers. */
function byPiece(a: string, b: string, name: string): number {
  const rank = (symbol: string): number => (symbol === name ? 0 : coldParent(symbol) === undefined ? 1 : 2);
  return rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true });
}

/** All pieces of a function on both sides, also those that are as they were. `before`: text of pre by function. */
function wholeFunction(before: ReadonlyMap<string, readonly Span[]>, { name, pairs }: Group): FunctionPieces {
  const pre = before.get(name) ?? [];
  const post = new Set([...pre.map((span) => span.partner), ...pairs.map((pair) => pair.post)]);
  return { name, pre, post: [...post].filter((span) => span !== undefined) };
}

function pieceName({ pre, post }: PiecePair): string {
  return spanName(pre ?? post ?? missing());
}

function missing(): never {
  throw new Error('a pair of spans without either');
}

function unchangedPiece(spans: readonly Span[], name: string): boolean {
  return spans.some((span) => span.kind === 'text' && span.partner && ownerName(spanName(span)) === name);
}

/** A function that GCC gave another signature (`f` → `f.isra.0`) is one function to the person who wrote it. */
function mergeClones(functions: readonly FunctionChange[]): FunctionChange[] {
  const result: FunctionChange[] = [];
  const taken = new Set<FunctionChange>();
  const added = new Map<string, FunctionChange[]>();
  for (const change of functions) {
    if (change.status !== 'new') continue;
    const source = sourceName(change.name);
    added.set(source, [...(added.get(source) ?? []), change]);
  }
  for (const change of functions) {
    const others = (change.status === 'removed' && added.get(sourceName(change.name))) || [];
    const [other] = others;
    if (!other || others.length > 1) continue;
    taken.add(change).add(other);
    result.push({
      name: change.name,
      status: 'changed',
      reasons: [
        {
          kind: 'clone',
          pre: change.name,
          post: other.name,
          text: `The compiler made ${other.name} of it instead of ${change.name}.`,
        },
      ],
      pieces: [...change.pieces, ...other.pieces],
    });
  }
  return [...functions.filter((change) => !taken.has(change)), ...result];
}

function describeData(comparison: Comparison): DataChange[] {
  const { constants, inPlace, newData, removedData } = comparison;
  const describe = (span: Span, status: DataChange['status']): DataChange => ({
    name: spanName(span),
    status,
    section: span.section.name,
    size: span.size,
    pulledBy: status === 'changed' ? pullsOf(comparison, span) : [],
  });
  return [
    ...[...constants]
      .filter(([span]) => span.symbols.length > 0 && !isLabelTable(span))
      .map(([span]) => ({ ...describe(span, 'changed'), how: 'copy' as const })),
    ...[...inPlace.keys()].map((span) => ({ ...describe(span, 'changed'), how: 'in place' as const })),
    ...newData.map((span) => describe(span, 'new')),
    ...removedData.map((span) => describe(span, 'removed')),
  ];
}

function describeExports({ exports }: Comparison): ExportChange[] {
  const describe = ({ name, gpl, namespace }: Export, status: ExportChange['status']): ExportChange => ({
    name,
    status,
    gpl,
    ...(namespace && { namespace }),
  });
  return [...exports.removed.map((one) => describe(one, 'removed')), ...exports.added.map((one) => describe(one, 'new'))];
}

/** Names speak for themselves, and so do the places of constants that have none. */
function describePairs({ pre }: Comparison): Pair[] {
  const result: Pair[] = [];
  for (const span of pre.spans) {
    const { partner, decidedBy } = span;
    if (!partner || decidedBy === undefined || decidedBy === 'name' || decidedBy === 'place' || span.kind === 'opaque') continue;
    result.push({ pre: spanName(span), post: spanName(partner), section: span.section.name, decidedBy });
  }
  return result;
}
