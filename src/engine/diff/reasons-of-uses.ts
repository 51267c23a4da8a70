import type { Reason } from './changes.ts';
import type { Comparison } from './compare.ts';
import { isLabelTable } from './equal.ts';
import { ownerName, sourceName } from './names.ts';
import type { FunctionPieces } from './reasons.ts';
import { isGlobal, spanName, spanText, type Span } from './span.ts';

/** Strings that a function has come to use, or uses no longer. That it uses one more often, or from another of its pieces, is neither. */
export function stringReasons({ pre, post }: FunctionPieces): Reason[] {
  const before = strings(pre);
  const after = strings(post);
  const gone = [...before].filter((text) => !after.has(text));
  const come = [...after].filter((text) => !before.has(text));
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index): Reason => {
    const [from, to] = [gone[index], come[index]];
    const text =
      from === undefined
        ? `It uses the new string ${quote(to)}.`
        : to === undefined
          ? `It no longer uses the string ${quote(from)}.`
          : `The string ${quote(from)} became ${quote(to)}.`;
    return { kind: 'string', pre: from, post: to, text };
  });
}

function strings(pieces: readonly Span[]): Set<string> {
  const targets = pieces.flatMap((span) => [
    ...span.references.map((reference) => reference.target),
    ...span.sites.flatMap((site) => (site.kind === 'bug' && site.file ? [site.file] : [])),
  ]);
  return new Set(
    targets.flatMap(({ span, offset }) => (span?.kind === 'string' ? [spanText(span).slice(Math.max(0, offset))] : [])),
  );
}

/** A string for people; the level that the kernel's log puts first is no part of it. */
function quote(message = ''): string {
  const text = message.startsWith('\u0001') ? message.slice(2) : message;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}

/**
 * Functions and undefined names that code refers to, by what they are: a name known to the whole kernel, or the pre span if there is one. The code's
 * own pieces are none of them.
 */
function callees(pieces: readonly Span[], side: 'pre' | 'post', whole?: FunctionPieces): Map<string | Span, string> {
  const result = new Map<string | Span, string>();
  for (const { target } of pieces.flatMap(({ references }) => references)) {
    if (!target.span) result.set(target.name, target.name);
    else if (target.span.kind === 'text' && target.offset === 0 && !isOwnPiece(target.span, whole)) {
      const local = side === 'post' ? (target.span.partner ?? target.span) : target.span;
      result.set(isGlobal(target.span) ? spanName(target.span) : local, spanName(local));
    }
  }
  return result;
}

/** `f.cold` and `f.part.0` of f; not f, which may come to call itself. */
function isOwnPiece(span: Span, whole: FunctionPieces | undefined): boolean {
  const own = whole?.pre.includes(span) || whole?.post.includes(span);
  return own === true && ownerName(spanName(span)) !== spanName(span);
}

/** What a function has come to refer to, or refers to no longer. */
export function calleeReasons(comparison: Comparison, whole: FunctionPieces): Reason[] {
  const reasons: Reason[] = [];
  const before = callees(whole.pre, 'pre', whole);
  const after = callees(whole.post, 'post', whole);
  const sources = new Set([...after.values()].map(sourceName));
  for (const [callee, name] of before) {
    if (after.has(callee)) continue;
    const gone = typeof callee === 'string' ? comparison.removedText.find((span) => spanName(span) === callee) : callee;
    // What it called is now called from here, and it is gone itself.
    const inlined =
      gone !== undefined &&
      comparison.removedText.includes(gone) &&
      !sources.has(sourceName(name)) &&
      [...callees([gone], 'pre').keys()].every((inner) => after.has(inner));
    reasons.push(
      inlined
        ? { kind: 'inline', name, text: `${sourceName(name)} is now part of it instead of being called.` }
        : { kind: 'callee', name, status: 'dropped', text: `It no longer refers to ${name}.` },
    );
  }
  for (const [callee, name] of after) {
    if (!before.has(callee)) reasons.push({ kind: 'callee', name, status: 'new', text: `It now refers to ${name}.` });
  }
  return reasons;
}

/** Variables and constants that a function has come to use, or that have other contents. */
export function dataReasons(comparison: Comparison, { pre, post }: FunctionPieces): Reason[] {
  const targets = (pieces: readonly Span[]): (Span | undefined)[] =>
    pieces.flatMap(({ references }) => references.map(({ target }) => target.span));
  const mine = new Set(targets(pre));
  const names = new Map<string, string>();
  for (const span of targets(post)) {
    if (
      !span ||
      isLabelTable(span) ||
      (span.kind !== 'data' && span.kind !== 'rodata') ||
      span.symbols.length === 0 ||
      span.partner
    )
      continue;
    const old = [...comparison.constants].find(([, copy]) => copy === span)?.[0];
    names.set(
      spanName(span),
      old && mine.has(old) ? `The contents of ${spanName(span)} changed.` : `It uses ${spanName(span)}, which is new.`,
    );
  }
  return [...names].map(([name, text]) => ({ kind: 'data', name, text }));
}

/** References into functions that are replaced: whoever jumps past an entry must come to the new code. */
export function middleReasons({ changed }: Comparison, { name, pre }: FunctionPieces): Reason[] {
  const names = new Set<string>();
  for (const { span, offset } of pre.flatMap(({ references }) => references.map(({ target }) => target))) {
    if (span?.kind === 'text' && offset !== 0 && changed.has(span) && ownerName(spanName(span)) !== name)
      names.add(spanName(span));
  }
  return [...names].map((to) => ({ kind: 'middle', name: to, text: `It refers into the middle of ${to}, which is replaced.` }));
}
