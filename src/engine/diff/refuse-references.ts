import { refusal, type Refusal } from './refusal.ts';
import type { Facts } from './refuse.ts';
import { isGlobal, spanName, type Span, type Target } from './span.ts';
import { targetsOf } from './targets.ts';

const STATIC_CALLS = '.static_call.text';

/** What replacement code refers to and would not find in the running kernel, or not in time. */
export function referenceRefusals(facts: Facts): Refusal[] {
  const references = new References(facts);
  return [...facts.shipped, ...facts.inPlace.values()].flatMap((span) => references.of(span));
}

class References {
  readonly #facts: Facts;
  readonly #shipped: ReadonlySet<Span>;
  /** Boot-time things that code of the running kernel refers to, which takes care not to do so after boot. */
  readonly #minded = new Set<Span>();

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#shipped = new Set(facts.shipped);
    for (const span of facts.pre.spans) {
      if (span.kind === 'opaque') continue;
      for (const { span: target } of targetsOf(span)) if (target?.kind === 'opaque') this.#minded.add(target);
    }
  }

  of(span: Span): Refusal[] {
    const refusals: Refusal[] = [];
    for (const reference of span.references) if (!reference.dead) refusals.push(...this.#target(span, reference.target));
    for (const site of span.sites) {
      if (site.kind === 'jump') refusals.push(...this.#key(span, site.key), ...this.#inside(span, site.target));
      if (site.kind === 'extable') refusals.push(...this.#inside(span, site.fixup));
      if (site.kind === 'static-call') refusals.push(...this.#target(span, site.key));
      if (site.kind === 'bug' && site.file) refusals.push(...this.#inside(span, site.file));
      if (site.kind === 'alternative')
        for (const reference of site.references) refusals.push(...this.#target(span, reference.target));
    }
    const known = new Set<string>();
    return refusals.filter(({ message }) => !known.has(message) && known.add(message));
  }

  #target(from: Span, { span: to }: Target): Refusal[] {
    if (!to) return [];
    if (to.kind === 'percpu' && !to.partner) {
      const message = `${spanName(from)} uses the new per-processor variable ${spanName(to)}.`;
      return [refusal('new_percpu', message, { symbol: spanName(to), section: to.section.name })];
    }
    if (to.kind !== 'opaque') return [];
    const rule = this.#facts.post.rules[to.section.index];
    const at = { symbol: spanName(from), section: to.section.name };
    if (to.section.name === STATIC_CALLS) {
      const message = `${spanName(from)} uses the new static call ${spanName(to).replace(/^__SCT__/, '')}, which the running kernel has no jump for.`;
      return to.partner ? [] : [refusal('static_call', message, at)];
    }
    if (rule?.is === 'init') {
      if (to.partner && this.#minded.has(to.partner)) return [];
      const message = `${spanName(from)} refers to ${spanName(to)} in ${to.section.name}, which the running kernel no longer has.`;
      return [refusal('boot_time_reference', message, at)];
    }
    if (to.partner) return [];
    const message = `${spanName(from)} refers to ${spanName(to)} in ${to.section.name}: ${rule?.about ?? 'unknown'}, and the running kernel has no such entry.`;
    return [refusal('ignored_section', message, at)];
  }

  /** The loader reads these table entries before anything about the running kernel is known: both ends must travel together. */
  #inside(from: Span, to: Target): Refusal[] {
    if (to.span && this.#shipped.has(to.span)) return [];
    const message = `A table entry of ${spanName(from)} leads to ${to.span ? spanName(to.span) : to.name}, outside of the code that is replaced.`;
    return [refusal('table_reference', message, { symbol: spanName(from), section: from.section.name })];
  }

  #key(from: Span, key: Target): Refusal[] {
    if (!key.span?.partner || isGlobal(key.span)) return this.#target(from, key);
    const message = `${spanName(from)} tests the static key ${spanName(key.span)}, which only its own unit can name.`;
    return [refusal('static_key', message, { symbol: spanName(from), section: key.span.section.name })];
  }
}
