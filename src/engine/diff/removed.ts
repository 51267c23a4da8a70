import { STB_WEAK } from '../elf/constants.ts';
import type { Ignored } from './ignored.ts';
import { ownerName } from './names.ts';
import { TRAMPOLINE_SIZE } from './refuse-code.ts';
import { contentSize } from './equal.ts';
import { isGlobal, spanName, type Span } from './span.ts';

/**
 * What becomes of a function that is gone. `delete`: somebody may still call it, so it leads to a stub that says so. `retire`: only code that is
 * replaced with it enters it, so it must be on no stack, and that is all. `left`: a stub would not fit.
 */
export type Fate = 'delete' | 'retire' | 'left';

/** Decides it for all functions that are gone from a unit. `pre`: everything the unit had. */
export function fates(pre: readonly Span[], removed: readonly Span[]): Map<Span, Fate> {
  const held = heldElsewhere(pre);
  return new Map(
    removed.map((span): [Span, Fate] => {
      const piece = ownerName(spanName(span)) !== spanName(span);
      if (!isGlobal(span) && (piece || !held.has(span))) return [span, 'retire'];
      return [span, whyNoStub(span) === undefined ? 'delete' : 'left'];
    }),
  );
}

/** Functions whose address is in data or was taken by code: it may have been copied anywhere. A call gives away nothing. */
function heldElsewhere(pre: readonly Span[]): Set<Span> {
  const held = new Set<Span>();
  for (const from of pre) {
    if (from.kind === 'opaque') continue;
    const references = [
      ...from.references,
      ...from.sites.flatMap((site) => (site.kind === 'alternative' ? site.references : [])),
    ];
    for (const { kind, target } of references)
      if (target.span?.kind === 'text' && target.offset === 0 && kind.startsWith('abs')) held.add(target.span);
  }
  return held;
}

function whyNoStub(span: Span): string | undefined {
  if (contentSize(span) < TRAMPOLINE_SIZE) return `it is shorter than the ${TRAMPOLINE_SIZE} bytes of a jump`;
  if (span.sites.some((site) => site.kind === 'jump' && site.offset < TRAMPOLINE_SIZE)) return 'it begins with a static branch';
  if (span.symbols[0]?.bind === STB_WEAK) return 'it was a weak definition, and the kernel may use another one';
  return undefined;
}

/** Functions that are gone from the source and stay in the kernel. */
export function leftFunctions(found: ReadonlyMap<Span, Fate>): Ignored[] {
  return [...found].flatMap(([span, fate]): Ignored[] => {
    if (fate !== 'left') return [];
    const note = `it is gone, and whoever still calls it runs the old code: ${whyNoStub(span) ?? ''}`;
    return [{ name: spanName(span), section: span.section.name, kind: 'left', note }];
  });
}
