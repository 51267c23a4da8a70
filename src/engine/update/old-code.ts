import { hasIdentity } from '../diff/equal.ts';
import { decode } from '../diff/instruction.ts';
import type { Comparison } from '../diff/compare.ts';
import { isGlobal, spanText, type Reference, type Site, type Span, type Target } from '../diff/span.ts';
import { KSPLICE_NONE, RELOC, SECTION_EARLY, SECTION_KIND, SITE } from './format.ts';
import { SHF_ALLOC, STB_WEAK } from '../elf/constants.ts';
import type { UpdateKernel } from './kernel.ts';
import { isMatched, preLabels, type Labels } from './labels.ts';
import { foreignSite, relocKind } from './reloc-kind.ts';
import { ModuleBuilder } from './module.ts';
import type { ModuleSection } from './module-section.ts';
import { SymbolTable } from './symbol-table.ts';
import { targetsOf } from '../diff/targets.ts';

/** A piece of a pre unit that is matched as a whole: the spans of one section, or a single string or mergeable constant. */
interface Chunk {
  readonly start: Span;
  readonly spans: readonly Span[];
  readonly size: number;
}

/** Makes the module that holds the complete pre units, as data to be matched against the running kernel. */
export function buildOldCode(kernel: UpdateKernel, id: string, target: string, comparisons: readonly Comparison[]): Uint8Array {
  const module = new ModuleBuilder(kernel, id, target, 'old');
  const writer = new Writer(module);
  for (const comparison of comparisons) writer.unit(comparison);
  writer.symbols.write(module);
  return module.build(`pre code of update ${id}`);
}

class Writer {
  readonly symbols = new SymbolTable();
  readonly #bytes: ModuleSection;
  #sections = 0;
  #relocs = 0;
  #siteRelocs = 0;
  #sites = 0;
  #units = 0;

  constructor(readonly module: ModuleBuilder) {
    this.#bytes = module.section('.ksplice_bytes', SHF_ALLOC, 4);
  }

  unit(comparison: Comparison): void {
    const labels = preLabels(comparison);
    for (const chunk of chunksOf(comparison, labels)) this.#chunk(chunk, labels, comparison);
    this.#units++;
  }

  #chunk(chunk: Chunk, labels: Labels, { inPlace, options }: Comparison): void {
    const { start, spans, size } = chunk;
    const symbol = this.symbols.define(labels.of(start), this.#sections);
    // The same global thing in two units (a weak definition) is matched once.
    if (symbol === undefined) return;
    this.#sections++;
    const references = spans.flatMap((span) =>
      span.references.filter((reference) => !reference.implicit).map((reference) => moved(reference, span.offset - start.offset)),
    );
    for (const reference of references) this.#reloc(this.module.relocs.section, reference, labels);
    const sites = spans.flatMap((span) =>
      span.sites.map((site) => ({ site, span, offset: site.offset + span.offset - start.offset })),
    );
    for (const { site, span, offset } of sites) this.#site(site, span, offset, labels);
    const out = this.module.sections.section;
    // All bytes of what is written over must be as they were compiled, also if the source calls it a variable.
    const kind = inPlace.has(start) ? 'rodata' : kindOf(start);
    out.u32(symbol, SECTION_KIND[kind]);
    const stored = start.bytes !== undefined || kind === 'rodata';
    out.pointer(stored ? this.#bytes.append(blankBytes(chunk, references)) : undefined);
    out.u32(size, this.#relocs, references.length, this.#sites, sites.length, this.#units);
    out.u32(options.matchEarly.has(start) && kind === 'data' ? SECTION_EARLY : 0);
    this.#relocs += references.length;
    this.#sites += sites.length;
  }

  #reloc(out: ModuleSection, reference: Reference, labels: Labels): void {
    const { label, addend } = labels.target(reference.target);
    out.u32(reference.offset, this.symbols.index(label), addend + reference.bias, RELOC[relocKind(reference)]);
  }

  #site(site: Site, span: Span, offset: number, labels: Labels): void {
    const out = this.module.sites.section;
    const second = (target: Target): [number, number] => {
      const { label, addend } = labels.target(target);
      return [this.symbols.index(label), addend];
    };
    switch (site.kind) {
      case 'lock':
        out.u32(offset, SITE.lock, 1, KSPLICE_NONE, 0, KSPLICE_NONE, 0, 0, 0, 0, 0);
        return;
      case 'bug':
        out.u32(
          offset,
          SITE.bug,
          2,
          ...(site.file ? second(site.file) : [KSPLICE_NONE, 0]),
          KSPLICE_NONE,
          site.line | (site.flags << 16),
          0,
          0,
          0,
          0,
        );
        return;
      case 'extable':
        out.u32(offset, SITE.extable, 1, ...second(site.fixup), KSPLICE_NONE, site.data, 0, 0, 0, 0);
        return;
      case 'jump': {
        const key =
          site.key.span && !isGlobal(site.key.span) && site.key.span.symbols.length > 0
            ? { label: labels.of(site.key.span), addend: site.key.offset }
            : labels.target(site.key);
        const size = span.bytes ? (decode(span.bytes, site.offset)?.length ?? 0) : 0;
        out.u32(
          offset,
          SITE.jump,
          size,
          ...second(site.target),
          this.symbols.index(key.label),
          (key.addend & ~3) | site.flags,
          0,
          0,
          0,
          0,
        );
        return;
      }
      case 'alternative':
        for (const reference of site.references) this.#reloc(this.module.siteRelocs.section, reference, labels);
        out.u32(offset, SITE.alternative, site.length, KSPLICE_NONE, 0, KSPLICE_NONE, site.cpuid);
        out.pointer(site.bytes.length > 0 ? this.#bytes.append(site.bytes) : undefined);
        out.u32(site.bytes.length, this.#siteRelocs, site.references.length);
        this.#siteRelocs += site.references.length;
        return;
      case 'paravirt':
      case 'static-call':
        throw foreignSite(site.kind);
    }
  }
}

function kindOf(span: Span): keyof typeof SECTION_KIND {
  if (span.kind === 'text' || span.kind === 'rodata' || span.kind === 'string') return span.kind;
  return 'data';
}

function moved(reference: Reference, by: number): Reference {
  return { ...reference, offset: reference.offset + by };
}

function blankBytes({ start, size }: Chunk, references: readonly Reference[]): Uint8Array {
  const bytes = new Uint8Array(size);
  if (start.bytes) bytes.set(start.section.data.subarray(start.offset, start.offset + size));
  for (const { offset } of references) bytes.fill(0, offset, offset + 4);
  return bytes;
}

/** Another unit may define it as well; then the kernel has that definition under this name, and this one without a name. */
function isWeak(span: Span): boolean {
  return span.symbols[0]?.bind === STB_WEAK;
}

/**
 * All text, everything that is global, and whatever those refer to. Constants and variables that only boot code refers to are left out: nothing
 * would lead to them. So are weak definitions, unless they are to be replaced.
 */
function chunksOf(comparison: Comparison, labels: Labels): Chunk[] {
  const { pre, shipped } = comparison;
  const members = new Map<Span, Span[]>();
  for (const span of pre.spans) {
    if (!isMatched(span)) continue;
    const start = labels.start(span);
    const list = members.get(start);
    if (list) list.push(span);
    else members.set(start, [span]);
  }
  const wanted = new Set<Span>();
  const want = (span: Span | undefined): void => {
    const unused = span && isWeak(span) && !comparison.changed.has(span) && !comparison.inPlace.has(span);
    if (span && isMatched(span) && !unused) wanted.add(labels.start(span));
  };
  for (const span of pre.spans) if (span.kind === 'text' || isGlobal(span)) want(span);
  for (const span of [...comparison.inPlace.keys(), ...comparison.options.matchEarly]) want(span);
  for (const span of [...shipped, ...comparison.inPlace.values()])
    for (const target of targetsOf(span)) if (target.span && hasIdentity(target.span)) want(target.span.partner);
  for (const start of wanted)
    for (const span of members.get(start) ?? []) for (const target of targetsOf(span)) want(target.span);
  const order = new Map(pre.spans.map((span, index) => [span, index]));
  return [...wanted]
    .sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    .map((start) => {
      const spans = members.get(start) ?? [];
      const last = spans[spans.length - 1] ?? start;
      // Padding behind a string is the assembler's; the linker makes its own.
      const size = start.kind === 'string' ? spanText(start).length + 1 : last.offset + last.size - start.offset;
      return { start, spans, size: Math.min(size, start.section.size - start.offset) };
    });
}
