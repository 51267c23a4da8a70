import { correlate } from './correlate.ts';
import { contentSize, hasIdentity, isLabel, sameBytes, TargetComparer } from './equal.ts';
import { bugLineShifts, immediateLineShifts, type LineShift } from './lines.ts';
import { coldParent } from './names.ts';
import type { Refusal } from './refusal.ts';
import { refuse } from './refuse.ts';
import { sameSites } from './sites.ts';
import { spanName, type Span, type Target } from './span.ts';
import { targetsOf } from './targets.ts';
import type { Unit } from './unit.ts';

/** What differs between pre and post, in spans. Pre spans know their post partner and the other way round. */
export interface Comparison {
  readonly objectPath: string;
  readonly pre: Unit;
  readonly post: Unit;
  /** Pre text spans whose partner replaces them, with every piece of their function. */
  readonly changed: ReadonlySet<Span>;
  /** Those of `changed` that differ only because another span does. */
  readonly pulledInBy: ReadonlyMap<Span, Span>;
  /** Constants that differ: pre span → post span. Their users refer to a new copy. */
  readonly constants: ReadonlyMap<Span, Span>;
  /** Post text that is not in pre. */
  readonly newText: readonly Span[];
  readonly removedText: readonly Span[];
  /** Post variables and constants with a name that are not in pre. */
  readonly newData: readonly Span[];
  readonly removedData: readonly Span[];
  /** Pre text spans that differ only in line numbers. */
  readonly lineOnly: ReadonlyMap<Span, readonly LineShift[]>;
  /** Post spans that an update carries: changed and new text, and the data that is new with it. */
  readonly shipped: readonly Span[];
  readonly refusals: readonly Refusal[];
  readonly ignored: readonly Ignored[];
}

/** A difference without effect on a running kernel. */
export interface Ignored {
  readonly name: string;
  readonly section: string;
  readonly note: string;
}

/** Compares two units to a fixpoint: whatever refers to a changed thing by more than its name is changed as well. */
export function compareUnits(pre: Unit, post: Unit, objectPath: string): Comparison {
  correlate(pre, post);
  const state = new Fixpoint(pre, post);
  state.run();
  const unmatched = (spans: readonly Span[], kinds: readonly string[]): Span[] =>
    spans.filter((span) => !span.partner && kinds.includes(span.kind));
  const named = (span: Span): boolean => hasIdentity(span) && span.symbols.length > 0;
  const copies = new Set(state.constants.values());
  const newText = unmatched(post.spans, ['text']).filter((span) => span.size > 0);
  const newData = unmatched(post.spans, ['data', 'rodata']).filter((span) => named(span) && !copies.has(span));
  const shipped = reachable([
    ...[...state.changed].map((span) => span.partner).filter((span) => span !== undefined),
    ...newText,
    ...newData.filter((span) => span.symbols[0]?.bind !== 0),
  ]);
  const partial = {
    objectPath,
    pre,
    post,
    changed: state.changed,
    pulledInBy: state.pulledInBy,
    constants: state.constants,
    newText,
    newData,
    removedText: unmatched(pre.spans, ['text']).filter((span) => span.size > 0),
    removedData: unmatched(pre.spans, ['data', 'rodata']).filter((span) => named(span) && !state.constants.has(span)),
    lineOnly: state.lineOnly,
    shipped,
    ignored: ignoredDifferences(pre, post),
  };
  return { ...partial, refusals: refuse({ ...partial, changedData: [...state.changedData] }) };
}

class Fixpoint {
  readonly changed = new Set<Span>();
  readonly pulledInBy = new Map<Span, Span>();
  readonly constants = new Map<Span, Span>();
  readonly changedData = new Set<Span>();
  readonly lineOnly = new Map<Span, readonly LineShift[]>();
  readonly #comparer = new TargetComparer((span) => this.changed.has(span));
  readonly #shifts: ReadonlySet<number>;
  readonly #pieces = new Map<Span, Span[]>();

  constructor(
    readonly pre: Unit,
    readonly post: Unit,
  ) {
    const texts = pre.spans.filter((span) => span.kind === 'text');
    const shifts = texts.flatMap((span) => (span.partner ? (bugLineShifts(span, span.partner) ?? []) : []));
    this.#shifts = new Set(shifts.map((shift) => shift.post - shift.pre));
    const byName = new Map(texts.map((span) => [spanName(span), span]));
    for (const span of texts) {
      const parent = byName.get(coldParent(spanName(span)) ?? '');
      if (!parent) continue;
      const pieces = this.#pieces.get(parent) ?? [parent];
      pieces.push(span);
      this.#pieces.set(parent, pieces).set(span, pieces);
    }
  }

  /** Round by round: what was learnt of a span can matter only to those that refer to it. */
  run(): void {
    let users: ReadonlyMap<Span, readonly Span[]> | undefined;
    for (let round: Iterable<Span> = this.pre.spans; ;) {
      const learnt: Span[] = [];
      for (const span of round) {
        if (this.#visit(span)) for (const piece of this.#pieces.get(span) ?? [span]) learnt.push(piece);
      }
      if (learnt.length === 0) break;
      users ??= usersOf(this.pre.spans);
      const next = new Set<Span>();
      for (const span of learnt) for (const user of users.get(span) ?? []) next.add(user);
      round = next;
    }
    for (const span of this.changed) this.lineOnly.delete(span);
  }

  /** Returns whether anything was learnt. */
  #visit(span: Span): boolean {
    const post = span.partner;
    if (!post || this.changed.has(span) || this.changedData.has(span)) return false;
    if (span.kind === 'text') return !this.#sameText(span, post) && this.#change(span);
    if (span.kind !== 'rodata' && span.kind !== 'data') return false;
    if (this.#sameData(span, post)) return false;
    if (span.kind === 'rodata' && copyable(span) && copyable(post)) {
      this.constants.set(span, post);
      span.partner = undefined;
      post.partner = undefined;
    } else this.changedData.add(span);
    return true;
  }

  #change(span: Span): true {
    this.changed.add(span);
    for (const piece of this.#pieces.get(span) ?? []) {
      if (!piece.partner || this.changed.has(piece)) continue;
      this.changed.add(piece);
      this.pulledInBy.set(piece, span);
    }
    return true;
  }

  #sameText(pre: Span, post: Span): boolean {
    if (
      contentSize(pre) !== contentSize(post) ||
      !this.#comparer.sameReferences(pre.references, post.references, pre) ||
      !sameSites(this.#comparer, pre, post)
    )
      return false;
    const lines = [...(bugLineShifts(pre, post) ?? [])];
    if (!sameBytes(pre, post)) {
      const immediates = immediateLineShifts(pre, post, this.#shifts);
      if (!immediates) return false;
      lines.push(...immediates);
    }
    if (lines.length > 0) this.lineOnly.set(pre, lines);
    return true;
  }

  #sameData(pre: Span, post: Span): boolean {
    if (contentSize(pre) !== contentSize(post) || !this.#comparer.sameReferences(pre.references, post.references, pre))
      return false;
    if (!pre.bytes || !post.bytes) return !pre.bytes === !post.bytes;
    return sameBytes(pre, post);
  }
}

/**
 * A table of plain values, texts or labels inside of a function is as good in another place. One that is global, or holds addresses of functions or
 * variables, may be known elsewhere by its own address.
 */
function copyable(span: Span): boolean {
  if (!hasIdentity(span) || span.symbols.length === 0) return true;
  const plain = (target: Target): boolean => target.span?.kind === 'string' || isLabel(target);
  return span.symbols[0]?.bind === 0 && span.references.every((reference) => plain(reference.target));
}

/** Who refers to each span. */
function usersOf(spans: readonly Span[]): Map<Span, Span[]> {
  const users = new Map<Span, Span[]>();
  for (const span of spans) {
    for (const { span: target } of targetsOf(span)) {
      if (!target) continue;
      const list = users.get(target);
      if (list) list.push(span);
      else users.set(target, [span]);
    }
  }
  return users;
}

/** The given spans and everything they refer to that has no counterpart in pre, or is copied anyway. */
function reachable(roots: readonly Span[]): Span[] {
  const result = new Set<Span>(roots);
  for (const span of result) {
    for (const { span: target } of targetsOf(span)) {
      if (
        target &&
        (!hasIdentity(target) ||
          (!target.partner && (target.kind === 'data' || target.kind === 'rodata' || target.kind === 'text')))
      )
        result.add(target);
    }
  }
  return [...result];
}

function ignoredDifferences(pre: Unit, post: Unit): Ignored[] {
  const boot = (span: Span): boolean => span.sectionClass === 'init' && span.symbols.length > 0;
  const note = 'runs or is used only while the kernel boots or a module leaves: no effect on a running kernel';
  const result = new Map<string, Ignored>();
  const add = (span: Span): unknown => result.set(spanName(span), { name: spanName(span), section: span.section.name, note });
  const comparer = new TargetComparer(() => false);
  for (const span of pre.spans.filter(boot)) {
    const other = span.partner;
    const same =
      other &&
      span.size === other.size &&
      sameBytes(span, other) &&
      comparer.sameReferences(span.references, other.references, span);
    if (!same && !onlyBootReferencesDiffer(span, other, comparer)) add(span);
  }
  for (const span of post.spans.filter(boot)) if (!span.partner) add(span);
  return [...result.values()];
}

/** Unnamed boot-time constants have no partners, so references to them prove nothing. */
function onlyBootReferencesDiffer(pre: Span, post: Span | undefined, comparer: TargetComparer): boolean {
  if (!post || pre.size !== post.size || !sameBytes(pre, post) || pre.references.length !== post.references.length) return false;
  return pre.references.every((reference, index) => {
    const other = post.references[index];
    if (!other || comparer.sameReference(reference, other, pre)) return true;
    const unnamed = (span: Span | undefined): boolean => span?.kind === 'opaque' && span.symbols.length === 0;
    return unnamed(reference.target.span) && unnamed(other.target.span);
  });
}
