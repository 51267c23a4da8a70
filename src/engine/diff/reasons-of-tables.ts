import type { Reason } from './changes.ts';
import type { Comparison } from './compare.ts';
import { isLabel, TargetComparer } from './equal.ts';
import type { FunctionPieces, PiecePair } from './reasons.ts';
import { sameEntry, sameSite } from './sites.ts';
import { spanName, type Site, type Span, type Target } from './span.ts';

const TABLE_OF: Record<Site['kind'], string> = {
  alternative: '.altinstructions',
  lock: '.smp_locks',
  jump: '__jump_table',
  bug: '__bug_table',
  extable: '__ex_table',
  paravirt: '.parainstructions',
  'static-call': '.static_call_sites',
};

/** Takes any two places inside of one function for the same: where they are in its code, the code tells. */
class WithinComparer extends TargetComparer {
  readonly #own: ReadonlySet<Span | undefined>;

  constructor(comparison: Comparison, { pre, post }: FunctionPieces) {
    super((span) => comparison.changed.has(span));
    this.#own = new Set([...pre, ...post]);
  }

  override sameTarget(pre: Target, post: Target, from: Span): boolean {
    const within = (target: Target): boolean => this.#own.has(target.span) && isLabel(target);
    return (within(pre) && within(post)) || super.sameTarget(pre, post, from);
  }
}

interface Placed {
  readonly span: Span;
  readonly site: Site;
}

/**
 * Entries of special tables that a function has more or fewer of, or that say something else than before. Entries that only moved with the code, or
 * only name another line, say the same.
 */
export function entriesThatDiffer(comparison: Comparison, whole: FunctionPieces): Reason[] {
  const comparer = new WithinComparer(comparison, whole);
  return (Object.keys(TABLE_OF) as Site['kind'][]).flatMap((kind): Reason[] => {
    const of = (pieces: readonly Span[]): Placed[] =>
      pieces.flatMap((span) => span.sites.filter((site) => site.kind === kind).map((site) => ({ span, site })));
    const before = of(whole.pre);
    const left = of(whole.post);
    const table = TABLE_OF[kind];
    if (before.length !== left.length)
      return [{ kind: 'table', table, text: `It has ${entries(left.length)} in ${table} instead of ${before.length}.` }];
    for (const one of before) {
      const at = left.findIndex(({ site }) => sameEntry(comparer, one.site, site, one.span));
      if (at < 0) return [differs(table, one)];
      left.splice(at, 1);
    }
    return [];
  });
}

/** Of code that is the same: the first entry of each table that stands elsewhere. */
export function movedEntries({ changed }: Comparison, pairs: readonly PiecePair[]): Reason[] {
  const comparer = new TargetComparer((span) => changed.has(span));
  const found = new Map<string, Reason>();
  for (const { pre, post } of pairs) {
    pre?.sites.forEach((site, index) => {
      const table = TABLE_OF[site.kind];
      if (post && !found.has(table) && !sameSite(comparer, site, post.sites[index], pre))
        found.set(table, differs(table, { span: pre, site }));
    });
  }
  return [...found.values()];
}

function entries(count: number): string {
  return count === 1 ? 'one entry' : `${count} entries`;
}

function differs(table: string, { span, site }: Placed): Reason {
  return { kind: 'table', table, text: `Its entry in ${table} for ${spanName(span)}+0x${site.offset.toString(16)} differs.` };
}
