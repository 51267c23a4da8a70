import type { Comparison } from '../diff/compare.ts';
import { correspondences } from '../diff/entries.ts';
import { contentSize } from '../diff/equal.ts';
import { coldParent } from '../diff/names.ts';
import { oldSize, TRAMPOLINE_SIZE } from '../diff/refuse-code.ts';
import { spanName, type Span } from '../diff/span.ts';
import { PATCH } from './format.ts';
import type { Labels } from './labels.ts';
import type { ModuleBuilder } from './module.ts';
import type { Place } from './module-section.ts';
import type { SymbolTable } from './symbol-table.ts';

/** Where the patches of a unit are written, and where its new code is. */
export interface PatchContext {
  readonly module: ModuleBuilder;
  readonly labels: Labels;
  readonly symbols: SymbolTable;
  readonly placeOf: (span: Span) => Place;
  /** Of a function that went to another unit of the update. */
  readonly newHome: (pre: Span) => Place | undefined;
  /** Puts the new contents of a constant into the module. */
  readonly payload: (span: Span) => Place;
}

/** What a unit's update does to the running kernel: functions first; then pieces that only they entered, what is gone, data, line numbers. */
export function writePatches(comparison: Comparison, context: PatchContext): void {
  const { pre, post, changed, fates, inPlace, lineOnly } = comparison;
  const isCold = (span: Span): boolean => coldParent(spanName(span)) !== undefined;
  const patch = new PatchList(context);
  for (const span of changed) {
    if (isCold(span)) continue;
    for (const { name, offset, size, to } of correspondences(pre, post, span, oldSize(span)))
      patch.add(to ? 'replace' : 'delete', span, { offset, size, name, to: to && shift(context.placeOf(to.span), to.offset) });
  }
  for (const span of changed) if (isCold(span)) patch.add('retire', span);
  for (const [span, fate] of fates) {
    if (fate === 'retire') patch.add('retire', span);
    if (fate !== 'delete') continue;
    const home = context.newHome(span);
    const entries = pre.entries.of(span, oldSize(span));
    if (home || entries.some(({ size }) => size < TRAMPOLINE_SIZE)) patch.add(home ? 'replace' : 'delete', span, { to: home });
    else for (const { name, offset, size } of entries) patch.add('delete', span, { offset, size, name });
  }
  for (const [span, now] of inPlace) patch.add('data', span, { size: contentSize(span), to: context.payload(now) });
  for (const span of lineOnly.keys()) {
    span.sites.forEach((site, index) => {
      const now = span.partner?.sites[index];
      if (site.kind === 'bug' && now?.kind === 'bug' && site.line !== now.line)
        patch.add('bug', span, { offset: site.offset, size: UD2_SIZE, value: now.line });
    });
  }
}

/** Bytes of the instruction that a warning traps with. */
const UD2_SIZE = 2;

interface Details {
  readonly offset?: number;
  readonly size?: number;
  readonly name?: string;
  readonly to?: Place | undefined;
  readonly value?: number;
}

class PatchList {
  constructor(readonly context: PatchContext) {}

  add(kind: keyof typeof PATCH, span: Span, details: Details = {}): void {
    const { offset = 0, size = oldSize(span), name = spanName(span), to, value = 0 } = details;
    const { module, labels, symbols } = this.context;
    const out = module.patches.section;
    const start = labels.start(span);
    out.u32(symbols.index(labels.of(start)), span.offset - start.offset + offset, size, PATCH[kind]);
    out.pointer(to);
    out.pointer(module.string(name));
    out.u32(value);
  }
}

function shift(place: Place, by: number): Place {
  return { section: place.section, offset: place.offset + by };
}
