import { SHN_UNDEF } from '../elf/constants.ts';
import { sameContents, type BootDifference } from './boot.ts';
import { TargetComparer } from './equal.ts';
import { groupBy } from './pairing.ts';
import { isExit, type SectionRule } from './section-class.ts';
import { isCode } from './lines.ts';
import { isGlobal, spanName, type Span } from './span.ts';
import type { Unit } from './unit.ts';

/** A difference that is no part of an update. */
export interface Ignored {
  readonly name: string;
  readonly section: string;
  readonly kind: IgnoredKind;
  readonly note: string;
}

/**
 * `boot`: only boot sees it. `moved`: the same code in another section. `linkage`: the same under a name that other files see now, or see no longer.
 * `unused`: new code that nothing of the unit comes to. `gone`: a name that the rest of the kernel may know. `kept`: a table that stays as it is, as
 * was allowed. `left`: a function that is gone from the source and stays as it is, as no stub would fit.
 */
export const IGNORED_KINDS = ['boot', 'moved', 'linkage', 'unused', 'gone', 'kept', 'left'] as const;

export type IgnoredKind = (typeof IGNORED_KINDS)[number];

/** Differences in code and data of boot. `allowed`: there is running code beside them that an update brings. */
export function bootNotes(differences: readonly BootDifference[], allowed: boolean): Ignored[] {
  return differences.map(({ span, status }) => {
    const { name } = span.section;
    const what = isExit(name) ? 'exit' : 'boot';
    const how = { changed: 'differs', new: 'is new', removed: 'is gone' }[status];
    const why = isExit(name)
      ? 'a kernel never leaves'
      : status === 'new'
        ? 'the kernel has booted without it'
        : isCode(span)
          ? 'it has already run'
          : 'boot has used it already';
    const note = `${what} ${isCode(span) ? 'code' : 'data'} ${how}: ${why}, nothing to ship${allowed ? ' (left out, as was allowed)' : ''}`;
    return { name: spanName(span), section: name, kind: 'boot', note };
  });
}

/** Tables that boot reads and that differ. */
export function bootTableNotes(pre: Unit, post: Unit): Ignored[] {
  const note = 'boot table differs: it has already been read, nothing to ship';
  return changedSections(pre, post, 'note').map((section) => ({ name: section, section, kind: 'boot', note }));
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

/** Functions and variables that are as they were, under a name that other files see now, or see no longer. */
export function linkageNotes(pre: Unit, changed: ReadonlySet<Span>): Ignored[] {
  const result: Ignored[] = [];
  for (const span of pre.spans) {
    const post = span.partner;
    if (!post || changed.has(span) || span.symbols.length === 0 || post.symbols.length === 0) continue;
    if (span.kind === 'opaque' || isGlobal(span) === isGlobal(post)) continue;
    const what = span.kind === 'text' ? 'the same code' : 'the same variable';
    const now = isGlobal(post) ? 'is global now: other files may use its name' : 'is static now: other files lose its name';
    const note = `${what} ${now}, nothing to replace`;
    result.push({ name: spanName(span), section: span.section.name, kind: 'linkage', note });
  }
  return result;
}

/** Functions and variables that are gone though the whole kernel knows their name. */
export function goneNotes({ object }: Unit, removed: readonly Span[]): Ignored[] {
  const known = new Set(object.symbols.flatMap(({ name, section }) => (section === SHN_UNDEF ? [] : [name])));
  const note = 'gone from the source, and the running kernel keeps it: whoever else refers to it goes on with the old one';
  return removed
    .filter((span) => isGlobal(span) && !known.has(spanName(span)))
    .map((span) => ({ name: spanName(span), section: span.section.name, kind: 'gone', note }));
}
