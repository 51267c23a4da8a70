import type { Reason } from './changes.ts';
import type { Comparison } from './compare.ts';
import { contentSize, differingBytes, isLabelTable, sameShape, targetText, TargetComparer } from './equal.ts';
import { instructionStart } from './instruction.ts';
import { bugLineShifts } from './lines.ts';
import { ownerName, sourceName } from './names.ts';
import { sameSite } from './sites.ts';
import { isGlobal, spanName, spanText, type Reference, type Site, type Span } from './span.ts';

const TABLE_OF: Record<Site['kind'], string> = {
  alternative: '.altinstructions',
  lock: '.smp_locks',
  jump: '__jump_table',
  bug: '__bug_table',
  extable: '__ex_table',
  paravirt: '.parainstructions',
  'static-call': '.static_call_sites',
};

/** Why the code of `pre` must give way to that of its partner, most telling first. */
export function reasonsOf(comparison: Comparison, pre: Span, post: Span): Reason[] {
  const symbol = spanName(pre);
  const reasons = [
    ...stringReasons(pre, post),
    ...calleeReasons(comparison, pre, post),
    ...dataReasons(comparison, pre, post),
    ...relocationReasons(comparison, pre, post),
    ...middleReasons(comparison, pre),
  ];
  const first = firstDifference(pre, post);
  if (first !== undefined) {
    const offset = instructionStart(pre.bytes ?? new Uint8Array(0), first, pre.bits);
    reasons.unshift({ kind: 'bytes', symbol, offset, text: `The instruction at ${symbol}+0x${offset.toString(16)} differs.` });
  }
  const before = contentSize(pre);
  const after = contentSize(post);
  if (before !== after)
    reasons.push({
      kind: 'size',
      symbol,
      pre: before,
      post: after,
      text: `${symbol} has ${after} bytes instead of ${before}.`,
    });
  reasons.push(...tableReasons(comparison, pre, post));
  for (const shift of bugLineShifts(pre, post) ?? [])
    reasons.push({ kind: 'line', ...shift, text: `A warning that reported line ${shift.pre} reports line ${shift.post}.` });
  if (pre.section.name !== post.section.name) {
    reasons.push({
      kind: 'section',
      symbol,
      pre: pre.section.name,
      post: post.section.name,
      text: `${symbol} moved from ${pre.section.name} to ${post.section.name}.`,
    });
  }
  const by = comparison.pulledInBy.get(pre);
  if (by && reasons.length === 0)
    reasons.push({ kind: 'pulled-in', by: spanName(by), text: `It goes with ${spanName(by)}, which changed.` });
  return reasons;
}

function firstDifference(pre: Span, post: Span): number | undefined {
  const offsets = [differingBytes(pre, post).next().value].filter((offset) => offset !== undefined);
  const place = (span: Span, other: Span): number | undefined => {
    const known = new Set(other.references.map((reference) => reference.offset));
    const end = Math.min(span.size, other.size);
    return span.references.find(({ offset }) => !known.has(offset) && offset < end)?.offset;
  };
  offsets.push(...[place(pre, post), place(post, pre)].filter((offset) => offset !== undefined));
  if (offsets.length > 0) return Math.min(...offsets);
  const sizes = [contentSize(pre), contentSize(post)];
  return sizes[0] === sizes[1] ? undefined : Math.min(...sizes);
}

function strings(span: Span): string[] {
  const files = span.sites.flatMap((site) => (site.kind === 'bug' && site.file ? [site.file] : []));
  return [...span.references.map((reference) => reference.target), ...files].flatMap((target) =>
    target.span?.kind === 'string' ? [spanText(target.span).slice(target.offset)] : [],
  );
}

/** Items of `a` that `b` does not have, each as often as it is missing. */
function surplus(a: readonly string[], b: readonly string[]): string[] {
  const left = [...b];
  return a.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function stringReasons(pre: Span, post: Span): Reason[] {
  const gone = surplus(strings(pre), strings(post));
  const come = surplus(strings(post), strings(pre));
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, index): Reason => {
    const before = gone[index];
    const after = come[index];
    const text =
      before === undefined
        ? `It uses the new string ${quote(after)}.`
        : after === undefined
          ? `It no longer uses the string ${quote(before)}.`
          : `The string ${quote(before)} became ${quote(after)}.`;
    return { kind: 'string', pre: before, post: after, text };
  });
}

/** A string for people; the level that the kernel's log puts first is no part of it. */
function quote(message = ''): string {
  const text = message.startsWith('\u0001') ? message.slice(2) : message;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}

/** Functions and undefined names that code refers to, by what they are: a name known to the whole kernel, or the pre span if there is one. */
function callees(span: Span, side: 'pre' | 'post'): Map<string | Span, string> {
  const result = new Map<string | Span, string>();
  for (const { target } of span.references) {
    if (!target.span) result.set(target.name, target.name);
    else if (target.span.kind === 'text' && target.offset === 0) {
      const local = side === 'post' ? (target.span.partner ?? target.span) : target.span;
      result.set(isGlobal(target.span) ? spanName(target.span) : local, spanName(local));
    }
  }
  return result;
}

function calleeReasons(comparison: Comparison, pre: Span, post: Span): Reason[] {
  const reasons: Reason[] = [];
  const before = callees(pre, 'pre');
  const after = callees(post, 'post');
  const sources = new Set([...after.values()].map(sourceName));
  for (const [callee, name] of before) {
    if (after.has(callee)) continue;
    const gone = typeof callee === 'string' ? comparison.removedText.find((span) => spanName(span) === callee) : callee;
    // What it called is now called from here, and it is gone itself.
    const inlined =
      gone !== undefined &&
      comparison.removedText.includes(gone) &&
      !sources.has(sourceName(name)) &&
      [...callees(gone, 'pre').keys()].every((inner) => after.has(inner));
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

function dataReasons(comparison: Comparison, pre: Span, post: Span): Reason[] {
  const mine = new Set(pre.references.map((reference) => reference.target.span));
  const names = new Map<string, string>();
  for (const { target } of post.references) {
    const span = target.span;
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

/** References in the same place that lead elsewhere. Where the code itself differs, two references in one place need not be the same one. */
function relocationReasons(comparison: Comparison, pre: Span, post: Span): Reason[] {
  if (!sameShape(pre, post)) return [];
  const comparer = new TargetComparer((span) => comparison.changed.has(span));
  const others = new Map<number, Reference>(post.references.map((reference) => [reference.offset, reference]));
  const reasons: Reason[] = [];
  for (const reference of pre.references) {
    const other = others.get(reference.offset);
    if (!other || comparer.sameReference(reference, other, pre) || reference.target.span?.kind === 'string') continue;
    // Another place in a function that changed itself is no reason of its own.
    if (reference.target.span?.kind === 'text' && reference.target.span.partner === other.target.span) continue;
    const a = targetText(reference.target);
    const b = targetText(other.target);
    if (a !== b)
      reasons.push({
        kind: 'relocation',
        symbol: spanName(pre),
        offset: reference.offset,
        pre: a,
        post: b,
        text: `${spanName(pre)}+0x${reference.offset.toString(16)} leads to ${b} instead of ${a}.`,
      });
  }
  return reasons.slice(0, 8);
}

/** References into functions that are replaced: whoever jumps past an entry must come to the new code. */
function middleReasons(comparison: Comparison, pre: Span): Reason[] {
  const names = new Set<string>();
  for (const { span, offset } of pre.references.map((reference) => reference.target)) {
    if (
      span?.kind === 'text' &&
      offset !== 0 &&
      comparison.changed.has(span) &&
      ownerName(spanName(span)) !== ownerName(spanName(pre))
    )
      names.add(spanName(span));
  }
  return [...names].map((name) => ({ kind: 'middle', name, text: `It refers into the middle of ${name}, which is replaced.` }));
}

function tableReasons(comparison: Comparison, pre: Span, post: Span): Reason[] {
  const of = (span: Span, kind: Site['kind']): Site[] => span.sites.filter((site) => site.kind === kind);
  const comparer = new TargetComparer((span) => comparison.changed.has(span));
  return (Object.keys(TABLE_OF) as Site['kind'][]).flatMap((kind): Reason[] => {
    const before = of(pre, kind);
    const after = of(post, kind);
    const table = TABLE_OF[kind];
    if (before.length !== after.length)
      return [{ kind: 'table', table, text: `It has ${after.length} entries in ${table} instead of ${before.length}.` }];
    // Where the code is of another size, all entries have moved, which says nothing about them.
    const site =
      contentSize(pre) === contentSize(post)
        ? before.find((one, index) => !sameSite(comparer, one, after[index], pre))
        : undefined;
    if (!site) return [];
    return [{ kind: 'table', table, text: `Its entry in ${table} for ${spanName(pre)}+0x${site.offset.toString(16)} differs.` }];
  });
}
