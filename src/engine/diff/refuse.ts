import type { Comparison } from './compare.ts';
import { codeRefusals } from './refuse-code.ts';
import { cannotExport } from './exports.ts';
import { chainRefusal, hookChains } from './hooks.ts';
import { dataRefusals } from './refuse-data.ts';
import { referenceRefusals } from './refuse-references.ts';
import { symbolRefusals } from './refuse-symbols.ts';
import { refusal, type Refusal } from './refusal.ts';
import { SourcePlaces } from './source-place.ts';
import type { Span } from './span.ts';

export type Facts = Omit<Comparison, 'refusals'> & {
  /** Pre variables whose contents or size differ. */
  readonly changedData: readonly Span[];
  /** Sections that a running kernel reads and an update cannot change, and that differ. */
  readonly changedTables: readonly string[];
  /** Options that mean nothing. */
  readonly badOptions: readonly Refusal[];
};

/** Everything about a comparison that cannot be turned into an update, each with the source it is about. */
export function refuse(facts: Facts): Refusal[] {
  const all = [
    ...objectRefusals(facts),
    ...facts.badOptions,
    ...hookChains([facts]).map(chainRefusal),
    ...dataRefusals(facts),
    ...codeRefusals(facts),
    ...symbolRefusals(facts),
    ...referenceRefusals(facts),
  ];
  if (all.length === 0) return all;
  const places = new SourcePlaces(facts);
  return all.map((one) => ({ ...one, ...places.of(one.symbol) }));
}

function objectRefusals({ pre, post, exports, changedTables }: Facts): Refusal[] {
  const known = new Set<string>();
  const refusals = [...pre.refusals, ...post.refusals].filter((one) => {
    const key = `${one.code} ${one.section ?? ''}`;
    return !known.has(key) && known.add(key);
  });
  for (const one of exports.added) {
    const problem = cannotExport(one);
    if (problem !== undefined) refusals.push(refusal('exports_changed', problem, { section: one.section, symbol: one.name }));
  }
  for (const section of changedTables) {
    const message = `The table ${section} differs, and the running kernel goes on with the one it has.`;
    refusals.push(refusal('ignored_section', message, { section, allowable: true }));
  }
  return refusals;
}
