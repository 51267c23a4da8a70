import { correlate } from './correlate.ts';
import { contentSize, hasIdentity, isLabel, sameBytes, TargetComparer } from './equal.ts';
import { compareExports, type ExportChanges } from './exports.ts';
import { newHooks, type Hook } from './hooks.ts';
import { bootDifferences, changedSections, movedFunctions, type Ignored } from './ignored.ts';
import { bugLineShifts, LineEvidence, type LineShift } from './lines.ts';
import { coldParent } from './names.ts';
import { inPlace, readOptions, type Options } from './options.ts';
import { part } from './pairing.ts';
import type { Allowable, Refusal } from './refusal.ts';
import { refuse } from './refuse.ts';
import { canBeCopied } from './refuse-data.ts';
import { fates, leftFunctions, type Fate } from './removed.ts';
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
  /** Constants that differ, and variables that may: pre span → post span. Their users refer to a new copy. */
  readonly constants: ReadonlyMap<Span, Span>;
  /** Constants that differ and keep their place: pre span → post span. The new bytes are written over the old ones. */
  readonly inPlace: ReadonlyMap<Span, Span>;
  /** Post text that is not in pre. */
  readonly newText: readonly Span[];
  readonly removedText: readonly Span[];
  /** What becomes of each of `removedText`. */
  readonly fates: ReadonlyMap<Span, Fate>;
  /** Post variables and constants with a name that are not in pre. */
  readonly newData: readonly Span[];
  readonly removedData: readonly Span[];
  /** Pre text spans that differ only in line numbers. */
  readonly lineOnly: ReadonlyMap<Span, readonly LineShift[]>;
  /** Functions that run when the update is applied or reversed. */
  readonly hooks: readonly Hook[];
  readonly exports: ExportChanges;
  /** What the source asks for with single variables. */
  readonly options: Options;
  /** Post spans that an update carries: changed and new text, and the data that is new with it. */
  readonly shipped: readonly Span[];
  readonly refusals: readonly Refusal[];
  readonly ignored: readonly Ignored[];
}

/** Compares two units to a fixpoint: whatever refers to a changed thing by more than its name is changed as well. */
export function compareUnits(
  pre: Unit,
  post: Unit,
  objectPath: string,
  allow: ReadonlySet<Allowable> = new Set(),
  replaceLineOnly = false,
): Comparison {
  correlate(pre, post);
  const { refusals: badOptions, ...options } = readOptions(post.spans);
  const state = new Fixpoint(pre, post, allow.has('data_changed'), options, replaceLineOnly);
  state.run();
  const records = new Set([...recordsForTools(pre), ...recordsForTools(post)]);
  const unmatched = (spans: readonly Span[], kinds: readonly string[]): Span[] =>
    spans.filter((span) => !span.partner && kinds.includes(span.kind));
  const named = (span: Span): boolean => hasIdentity(span) && span.symbols.length > 0 && !records.has(span);
  const copies = new Set(state.constants.values());
  const newText = unmatched(post.spans, ['text']).filter((span) => span.size > 0);
  const newData = unmatched(post.spans, ['data', 'rodata']).filter((span) => named(span) && !copies.has(span));
  const hooks = newHooks(pre.hooks, post.hooks);
  const written = new Set(state.inPlace.values());
  const shipped = reachable([
    ...[...state.changed].map((span) => span.partner).filter((span) => span !== undefined),
    ...newText,
    ...newData.filter((span) => span.symbols[0]?.bind !== 0),
    ...hooks.map((hook) => hook.function),
    ...written,
  ]).filter((span) => !written.has(span));
  const removedText = unmatched(pre.spans, ['text']).filter((span) => span.size > 0);
  const partial = {
    objectPath,
    pre,
    post,
    changed: state.changed,
    pulledInBy: state.pulledInBy,
    constants: new Map([...state.constants].filter(([span]) => !records.has(span))),
    inPlace: state.inPlace,
    newText,
    newData,
    removedText,
    fates: fates(pre.spans, removedText),
    removedData: unmatched(pre.spans, ['data', 'rodata']).filter((span) => named(span) && !state.constants.has(span)),
    lineOnly: state.lineOnly,
    hooks,
    exports: compareExports(pre.exports, post.exports),
    options,
    shipped,
  };
  const tables = changedSections(pre, post, 'refuse');
  const kept = allow.has('ignored_section') ? tables : [];
  const changedTables = tables.filter((name) => !kept.includes(name));
  const refusals = refuse({ ...partial, ignored: [], changedData: [...state.changedData], changedTables, badOptions });
  const note = 'the running kernel goes on with the table it has, as was allowed';
  const ignored = [
    ...bootDifferences(pre, post),
    ...movedFunctions(pre, state.changed),
    ...leftFunctions(partial.fates),
    ...kept.map((section): Ignored => ({ name: section, section, kind: 'kept', note })),
  ];
  return { ...partial, ignored, refusals };
}

class Fixpoint {
  readonly changed = new Set<Span>();
  readonly pulledInBy = new Map<Span, Span>();
  readonly constants = new Map<Span, Span>();
  readonly inPlace = new Map<Span, Span>();
  readonly changedData = new Set<Span>();
  readonly lineOnly = new Map<Span, readonly LineShift[]>();
  readonly #comparer = new TargetComparer(
    (span) => this.changed.has(span),
    (from, to) => this.#sameEntry(from, to),
  );
  #lines: LineEvidence | undefined;
  readonly #pieces = new Map<Span, Span[]>();

  constructor(
    readonly pre: Unit,
    readonly post: Unit,
    readonly copyData: boolean,
    readonly options: Options,
    readonly replaceLineOnly: boolean,
  ) {
    const texts = pre.spans.filter((span) => span.kind === 'text');
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
    if (!post || this.changed.has(span) || this.changedData.has(span) || this.inPlace.has(span)) return false;
    if (span.kind === 'text') return !this.#sameText(span, post) && this.#change(span);
    if (span.kind !== 'rodata' && span.kind !== 'data' && span.kind !== 'percpu') return false;
    if (this.#sameData(span, post)) return false;
    if (inPlace(span, post, this.options)) {
      this.inPlace.set(span, post);
      return false;
    }
    const asCopy = this.copyData && canBeCopied(span) && canBeCopied(post);
    if (asCopy || (span.kind === 'rodata' && copyable(span) && copyable(post))) {
      this.constants.set(span, post);
      part(span);
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
      const immediates = this.#evidence().immediates(pre, post);
      if (!immediates || this.replaceLineOnly) return false;
      lines.push(...immediates);
    }
    if (lines.length > 0) this.lineOnly.set(pre, lines);
    return true;
  }

  #sameData(pre: Span, post: Span): boolean {
    if (contentSize(pre) !== contentSize(post) || !this.#comparer.sameReferences(pre.references, post.references, pre))
      return false;
    if (!pre.bytes || !post.bytes) return !pre.bytes === !post.bytes;
    return sameBytes(pre, post) || this.#evidence().record(pre, post) !== undefined;
  }

  #sameEntry(from: Target, to: Target): boolean {
    if (!from.span || !to.span) return false;
    const name = this.pre.entries.at(from.span, from.offset);
    return name !== undefined && name === this.post.entries.at(to.span, to.offset);
  }

  /** Gathered when the first difference asks for it, while everything still has the partner that correlation gave it. */
  #evidence(): LineEvidence {
    return (this.#lines ??= new LineEvidence(this.pre.spans));
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

/** Records that only tables for tools lead to (the index of messages): no part of what the kernel does. */
function recordsForTools({ spans, rules }: Unit): Span[] {
  const silent = (span: Span): boolean => rules[span.section.index]?.change === 'silent';
  const used = new Set<Span>();
  const listed = new Set<Span>();
  for (const span of spans)
    for (const { span: target } of targetsOf(span)) if (target?.kind === 'rodata') (silent(span) ? listed : used).add(target);
  return [...listed].filter((span) => !used.has(span));
}
