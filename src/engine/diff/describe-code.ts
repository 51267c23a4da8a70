import { hex } from '../bytes.ts';
import type { Code, CodePlace, CodeRelocation, CodeSite, CodeTarget } from './changes.ts';
import { hasIdentity, isLabel, isLabelTable, targetText } from './equal.ts';
import { ownerName } from './names.ts';
import { spanName, spanText, type Reference, type Site, type Span, type Target } from './span.ts';

type Side = 'pre' | 'post';

/** More entries than any table of jump targets has. */
const MOST_ENTRIES = 4096;

/** A piece of code as plain data: bytes, and what its fields and its entries in special tables mean. `changed`: pre spans that are replaced. */
export function describeCode(span: Span, side: Side, changed: ReadonlySet<Span>): Code {
  const owner = ownerName(spanName(span));
  // Who enters another function past its start does not come to its new code.
  const enters = (target: Target): boolean => {
    const pre = side === 'pre' ? target.span : target.span?.partner;
    return pre !== undefined && changed.has(pre) && isLabel(target) && ownerName(spanName(pre)) !== owner;
  };
  const to = (target: Target): CodeTarget => {
    const described = describeTarget(target, side);
    return enters(target) ? { ...described, identity: `${side} ${described.target}` } : described;
  };
  const bytes = (span.bytes ?? new Uint8Array(0)).slice();
  for (const reference of span.references) bytes.fill(0, reference.offset, reference.offset + reference.size);
  return {
    symbol: spanName(span),
    section: span.section.name,
    size: span.size,
    bits: span.bits,
    bytes: hex(bytes),
    relocations: span.references.map((reference) => describeReference(reference, to)),
    sites: span.sites.map((site) => describeSite(site, to)),
  };
}

type Describe = (target: Target) => CodeTarget;

function describeReference(reference: Reference, to: Describe): CodeRelocation {
  const { offset, size, kind } = reference;
  const target = to(reference.target);
  // Code that is replaced before it can run may lead anywhere.
  return { offset, size, kind, ...(reference.dead ? { ...target, identity: 'dead' } : target) };
}

function describeTarget(target: Target, side: Side): CodeTarget {
  const { span, offset } = target;
  if (!span) return { target: targetText(target), to: 'unknown' };
  if (span.kind === 'string') return { target: JSON.stringify(spanText(span).slice(Math.max(0, offset))), to: 'string' };
  const text = targetText(target);
  const identity = isLabel(target) || isLabelTable(span) ? text : identityOf(target, side);
  return {
    target: text,
    to: span.kind === 'text' ? 'function' : span.kind === 'rodata' ? 'constant' : 'data',
    ...(identity !== text && { identity }),
    ...(isLabel(target) && { place: { symbol: spanName(span), offset } }),
    ...(isLabelTable(span) && { table: entries(span, offset) }),
  };
}

/** The same for a target in pre and one in post exactly if they are the same thing. */
function identityOf(target: Target & { readonly span: Span }, side: Side): string {
  const { span, offset } = target;
  const pre = side === 'pre' ? span : span.partner;
  if (!hasIdentity(span)) return `${span.bytes ? hex(span.bytes) : ''}+${offset}`;
  if (pre && span.partner) return targetText({ span: pre, offset });
  return span.symbols[0]?.bind === 0 || span.symbols.length === 0 ? `${side} ${targetText(target)}` : targetText(target);
}

function entries(table: Span, offset: number): CodePlace[] {
  const places: CodePlace[] = [];
  for (const { offset: at, target } of table.references) {
    if (at >= offset && target.span && places.length < MOST_ENTRIES)
      places.push({ symbol: spanName(target.span), offset: target.offset });
  }
  return places;
}

function describeSite(site: Site, to: Describe): CodeSite {
  const { offset } = site;
  switch (site.kind) {
    case 'alternative': {
      const relocations = site.references.map((reference) => describeReference(reference, to));
      return { kind: site.kind, offset, length: site.length, feature: site.cpuid, bytes: hex(site.bytes), relocations };
    }
    case 'jump':
      return {
        kind: site.kind,
        offset,
        key: to(site.key),
        target: to(site.target),
        flags: site.flags,
      };
    case 'bug': {
      const file = site.file?.span?.kind === 'string' ? spanText(site.file.span).slice(site.file.offset) : undefined;
      return { kind: site.kind, offset, ...(file !== undefined && { file }), line: site.line, flags: site.flags };
    }
    case 'extable':
      return {
        kind: site.kind,
        offset,
        fixup: to(site.fixup),
        data: site.data,
        ...(site.handler && { handler: to(site.handler) }),
      };
    case 'static-call':
      return { kind: site.kind, offset, key: to(site.key), flags: site.flags };
    case 'lock':
    case 'paravirt':
      return site;
  }
}
