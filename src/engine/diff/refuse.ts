import type { Comparison } from './compare.ts';
import type { Refusal } from './refusal.ts';
import { isGlobal, spanName, type Span, type Target } from './span.ts';
import { walk } from './instruction.ts';
import { coldParent } from './names.ts';

/** Bytes of a trampoline: `jmp rel32`. */
export const TRAMPOLINE_SIZE = 5;

type Facts = Omit<Comparison, 'refusals'> & { readonly changedData: readonly Span[] };

/** Everything about a comparison that cannot be turned into an update. */
export function refuse(facts: Facts): Refusal[] {
  const shipped = new Set(facts.shipped);
  return [
    ...objectRefusals(facts),
    ...dataRefusals(facts),
    ...functionRefusals(facts),
    ...registeredRefusals(facts),
    ...facts.shipped.flatMap((span) => [...splitRefusals(span), ...referenceRefusals(span, shipped)]),
  ];
}

function objectRefusals({ pre, post }: Facts): Refusal[] {
  const known = new Set<string>();
  const refusals = [...pre.refusals, ...post.refusals].filter((refusal) => {
    const key = `${refusal.code} ${refusal.section ?? ''}`;
    return !known.has(key) && known.add(key);
  });
  const added = post.exports.filter((name) => !pre.exports.includes(name));
  const removed = pre.exports.filter((name) => !post.exports.includes(name));
  for (const section of [...added, ...removed]) {
    refusals.push({
      code: 'exports_changed',
      symbol: section.slice(section.indexOf('+') + 1),
      section,
      message: `The change ${added.includes(section) ? 'adds' : 'removes'} an exported symbol.`,
      hint: 'Keep the exports of the unit as they are.',
    });
  }
  return refusals;
}

function dataRefusals({ changedData }: Facts): Refusal[] {
  return changedData.map((span): Refusal => ({
    code: 'data_changed',
    symbol: spanName(span),
    section: span.section.name,
    message: `The initial value of ${spanName(span)} differs, but the kernel already runs with the old one.`,
    hint: 'Change the code that uses it instead, or set the new value from code.',
  }));
}

function functionRefusals({ changed }: Facts): Refusal[] {
  const refusals: Refusal[] = [];
  for (const span of changed) {
    const symbol = spanName(span);
    const at = { symbol, section: span.section.name };
    if (coldParent(symbol) !== undefined) continue;
    if (oldSize(span) < TRAMPOLINE_SIZE) {
      refusals.push({
        code: 'function_too_short',
        ...at,
        message: `${symbol} is ${oldSize(span)} bytes long; a jump to its replacement needs ${TRAMPOLINE_SIZE}.`,
        hint: 'Change its callers instead.',
      });
    }
    if (span.sites.some((site) => site.kind === 'jump' && site.offset < TRAMPOLINE_SIZE)) {
      refusals.push({
        code: 'static_branch_at_entry',
        ...at,
        message: `${symbol} begins with a static branch, which the kernel may rewrite at any time; the jump to its replacement cannot stand there.`,
        hint: 'Change its callers instead.',
      });
    }
  }
  return refusals;
}

/**
 * Boot code has run and is not compared. If it gave away the address of something that is gone from the new source, the kernel goes on
 * using the old one, and what came instead under another name would never run.
 */
function registeredRefusals({ pre, removedText, removedData }: Facts): Refusal[] {
  const code = (span: Span): boolean => span.references.some(({ target }) => target.span?.kind === 'text');
  const gone = new Set([...removedText, ...removedData.filter(code)]);
  const known = new Map<Span, Span>();
  for (const boot of pre.spans) {
    if (boot.sectionClass !== 'init') continue;
    for (const { kind, target } of boot.references) {
      if (kind === 'abs32' && target.span && gone.has(target.span)) known.set(target.span, boot);
    }
  }
  return [...known].map(([span, boot]): Refusal => ({
    code: 'registered_at_boot',
    symbol: spanName(span),
    section: span.section.name,
    message: `${spanName(span)} is gone, but ${spanName(boot)} made the kernel use it at boot, and it goes on doing so.`,
    hint: 'Keep its name: then it is replaced where it is.',
  }));
}

/** Bytes of the function itself, without the padding behind it. */
export function oldSize(span: Span): number {
  const size = span.symbols[0]?.size ?? 0;
  return size > 0 ? Math.min(size, span.size) : span.size;
}

/** A function can only be taken out of a section of several if its branches to the others have room for a longer way. */
function splitRefusals(span: Span): Refusal[] {
  if (span.kind !== 'text' || !span.bytes || span.size === span.section.size) return [];
  let end = 0;
  for (const { offset, instruction } of walk(span.bytes, span.bits)) {
    end = offset + instruction.length;
    if (!instruction.branch || instruction.immediateSize === 4) continue;
    const to = end + (((span.bytes[offset + instruction.immediateOffset] ?? 0) << 24) >> 24);
    if (to < 0 || to >= span.size) return [notSplittable(span, `+0x${offset.toString(16)} branches to code outside of it`)];
  }
  return end === span.size ? [] : [notSplittable(span, `+0x${end.toString(16)} is no instruction that can be understood`)];
}

function notSplittable(span: Span, problem: string): Refusal {
  return {
    code: 'section_not_splittable',
    symbol: spanName(span),
    section: span.section.name,
    message: `${spanName(span)} cannot be taken out of ${span.section.name}: ${spanName(span)}${problem}.`,
    hint: 'Change its callers instead.',
  };
}

function referenceRefusals(span: Span, shipped: ReadonlySet<Span>): Refusal[] {
  const refusals: Refusal[] = [];
  for (const reference of span.references) if (!reference.dead) refusals.push(...targetRefusal(span, reference.target));
  for (const site of span.sites) {
    if (site.kind === 'jump') refusals.push(...keyRefusal(span, site.key), ...entryRefusal(span, site.target, shipped));
    if (site.kind === 'extable') refusals.push(...entryRefusal(span, site.fixup, shipped));
    if (site.kind === 'static-call') refusals.push(...targetRefusal(span, site.key));
    if (site.kind === 'bug' && site.file) refusals.push(...entryRefusal(span, site.file, shipped));
    if (site.kind === 'alternative')
      for (const reference of site.references) refusals.push(...targetRefusal(span, reference.target));
  }
  return refusals;
}

function targetRefusal(from: Span, target: Target): Refusal[] {
  const to = target.span;
  if (!to || to.partner) return [];
  if (to.kind === 'percpu') {
    return [
      {
        code: 'new_percpu',
        symbol: spanName(to),
        section: to.section.name,
        message: `${spanName(from)} uses the new per-processor variable ${spanName(to)}.`,
        hint: 'A running kernel cannot get new per-processor variables; use an array indexed by processor.',
      },
    ];
  }
  if (to.kind === 'opaque' && !isGlobal(to)) {
    return [
      {
        code: 'boot_time_reference',
        symbol: spanName(from),
        section: to.section.name,
        message: `${spanName(from)} refers to ${spanName(to)} in ${to.section.name}, which the running kernel no longer has under that name.`,
        hint: 'Keep boot-time code and data out of code that is replaced.',
      },
    ];
  }
  return [];
}

/** The loader reads these table entries before anything about the running kernel is known: both ends must travel together. */
function entryRefusal(from: Span, to: Target, shipped: ReadonlySet<Span>): Refusal[] {
  if (to.span && shipped.has(to.span)) return [];
  return [
    {
      code: 'table_reference',
      symbol: spanName(from),
      section: from.section.name,
      message: `A table entry of ${spanName(from)} leads to ${to.span ? spanName(to.span) : to.name}, outside of the code that is replaced.`,
      hint: 'Keep recovery code and branch targets in the function itself.',
    },
  ];
}

function keyRefusal(from: Span, key: Target): Refusal[] {
  if (!key.span?.partner || isGlobal(key.span)) return targetRefusal(from, key);
  return [
    {
      code: 'static_key',
      symbol: spanName(from),
      section: key.span.section.name,
      message: `${spanName(from)} tests the static key ${spanName(key.span)}, which only its own unit can name.`,
      hint: 'Test the key with static_key_enabled() in the changed function.',
    },
  ];
}
