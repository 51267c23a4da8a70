import type { Changes, DataChange, ExportChange, FunctionChange, Pair, Piece, Reason } from './changes.ts';
import type { Comparison } from './compare.ts';
import { describeCode } from './describe-code.ts';
import { isLabelTable } from './equal.ts';
import type { Export } from './exports.ts';
import { ownerName, sourceName } from './names.ts';
import { pullsOf } from './pulls.ts';
import { reasonsOf } from './reasons.ts';
import { spanName, type Span } from './span.ts';

/** Tells a comparison in the terms of the source: functions, variables, reasons. */
export function describeChanges(comparison: Comparison): Changes {
  const functions = mergeClones(groupFunctions(comparison).map((group) => describeFunction(comparison, group)));
  const data = describeData(comparison);
  const hooks = comparison.hooks.map((hook) => ({ kind: hook.kind, function: spanName(hook.function) }));
  const exports = describeExports(comparison);
  const differences = functions.length + data.length + hooks.length + exports.length;
  const verdict = comparison.refusals.length > 0 ? 'refused' : differences > 0 ? 'changed' : 'unchanged';
  const lineOnly = new Set([...comparison.lineOnly.keys()].map((span) => ownerName(spanName(span))));
  for (const change of functions) lineOnly.delete(change.name);
  return {
    object: comparison.objectPath,
    verdict,
    functions,
    data,
    hooks,
    exports,
    lineOnly: [...lineOnly],
    refusals: comparison.refusals,
    ignored: comparison.ignored,
    pairs: describePairs(comparison),
  };
}

interface Group {
  readonly name: string;
  readonly pairs: { pre: Span | undefined; post: Span | undefined }[];
}

function groupFunctions({ pre, changed, newText, removedText }: Comparison): Group[] {
  const groups = new Map<string, Group>();
  const add = (name: string, pair: Group['pairs'][number]): void => {
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

function describeFunction(comparison: Comparison, { name, pairs }: Group): FunctionChange {
  const rank = (pair: Group['pairs'][number]): number => (spanName(pair.pre ?? pair.post ?? missing()) === name ? 0 : 1);
  pairs.sort((a, b) => rank(a) - rank(b));
  // A new or lost piece of a function that is otherwise as it was does not make the function new or lost.
  const pieces = pairs.every((pair) => rank(pair) === 1);
  const hadPre = pairs.some((pair) => pair.pre) || (pieces && unchangedPiece(comparison.pre.spans, name));
  const hasPost = pairs.some((pair) => pair.post) || (pieces && unchangedPiece(comparison.post.spans, name));
  const status = !hadPre ? 'new' : !hasPost ? 'removed' : 'changed';
  const reasons = pairs.flatMap(({ pre, post }): Reason[] => {
    if (pre && post) return reasonsOf(comparison, pre, post);
    const piece = spanName(pre ?? post ?? missing());
    if (status !== 'changed') return [];
    return [
      { kind: 'piece', name: piece, status: pre ? 'dropped' : 'new', text: pre ? `${piece} is gone.` : `${piece} is new.` },
    ];
  });
  const told = reasons.filter((reason) => reason.kind !== 'pulled-in');
  return {
    name,
    status,
    reasons: told.length > 0 ? told : reasons,
    pieces: pairs.map(({ pre, post }): Piece => ({
      symbol: spanName(pre ?? post ?? missing()),
      pre: pre && describeCode(pre, 'pre', comparison.changed),
      post: post && describeCode(post, 'post', comparison.changed),
      decidedBy: pre && post && pre.decidedBy,
    })),
  };
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
