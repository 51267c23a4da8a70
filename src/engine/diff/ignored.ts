import { contentSize, sameBytes, TargetComparer } from './equal.ts';
import { groupBy } from './pairing.ts';
import type { SectionRule } from './section-class.ts';
import { spanName, type Reference, type Span } from './span.ts';
import type { Unit } from './unit.ts';

/** A difference that is no part of an update. */
export interface Ignored {
  readonly name: string;
  readonly section: string;
  /**
   * `boot`: only boot sees it. `moved`: the same code in another section. `kept`: a table that stays as it is, as was allowed. `left`: a function that is
   * gone from the source and stays as it is, as no stub would fit.
   */
  readonly kind: 'boot' | 'moved' | 'kept' | 'left';
  readonly note: string;
}

const BOOT_NOTE = 'runs or is used only while the kernel boots or a module leaves: no effect on a running kernel';

/** Differences in code and data of boot, by name, and in tables that boot reads. */
export function bootDifferences(pre: Unit, post: Unit): Ignored[] {
  const result = new Map<string, Ignored>();
  const add = (name: string, section: string): void => void result.set(name, { name, section, kind: 'boot', note: BOOT_NOTE });
  const comparer = new TargetComparer(() => false);
  for (const span of pre.spans) {
    if (!isBoot(pre, span)) continue;
    if (!span.partner || !sameContents(span, span.partner, comparer)) add(spanName(span), span.section.name);
  }
  for (const span of post.spans) if (isBoot(post, span) && !span.partner) add(spanName(span), span.section.name);
  for (const name of changedSections(pre, post, 'note')) add(name, name);
  return [...result.values()];
}

function isBoot(unit: Unit, span: Span): boolean {
  return span.sectionClass === 'init' && unit.rules[span.section.index]?.change === 'note' && span.symbols.length > 0;
}

/** Names of the sections with this `change` whose contents differ. What their entries are called does not matter. */
export function changedSections(pre: Unit, post: Unit, change: NonNullable<SectionRule['change']>): string[] {
  const comparer = new TargetComparer(() => false);
  const bySection = (unit: Unit): Map<string, Span[]> => {
    const of = (span: Span): string | undefined => {
      const rule = unit.rules[span.section.index];
      return rule?.is === 'ignored' && rule.change === change && span.size > 0 ? span.section.name : undefined;
    };
    return groupBy(unit.spans, of);
  };
  const before = bySection(pre);
  const after = bySection(post);
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const a = before.get(name) ?? [];
    const b = after.get(name) ?? [];
    return a.length !== b.length || a.some((span, index) => !sameContents(span, b[index] ?? span, comparer));
  });
}

function sameContents(pre: Span, post: Span, comparer: TargetComparer): boolean {
  return (
    contentSize(pre) === contentSize(post) &&
    sameBytes(pre, post) &&
    pre.references.length === post.references.length &&
    pre.references.every((reference, index) => sameBootReference(reference, post.references[index], pre, comparer))
  );
}

/** Unnamed boot-time constants have no partners, so references to them prove nothing. */
function sameBootReference(pre: Reference, post: Reference | undefined, from: Span, comparer: TargetComparer): boolean {
  if (!post) return false;
  if (comparer.sameReference(pre, post, from)) return true;
  const unnamed = (span: Span | undefined): boolean => span?.kind === 'opaque' && span.symbols.length === 0;
  return pre.offset === post.offset && unnamed(pre.target.span) && unnamed(post.target.span);
}

/** Functions that are as they were, in another section: the compiler thinks otherwise of how often they run. */
export function movedFunctions(pre: Unit, changed: ReadonlySet<Span>): Ignored[] {
  const result: Ignored[] = [];
  for (const span of pre.spans) {
    const post = span.partner;
    if (span.kind !== 'text' || !post || changed.has(span) || span.size === 0 || span.section.name === post.section.name)
      continue;
    const note = `the same code is in ${post.section.name} now: nothing to replace`;
    result.push({ name: spanName(span), section: span.section.name, kind: 'moved', note });
  }
  return result;
}
