import { SHF_ALLOC, SHF_WRITE } from '../elf/constants.ts';
import type { Comparison } from '../diff/compare.ts';
import { hasIdentity } from '../diff/equal.ts';
import { isGlobal, spanName, spanText, type Reference, type Site, type Span, type Target } from '../diff/span.ts';
import { ExportTable } from './export-table.ts';
import { HOOK, KSPLICE_NONE, RELOC, SITE, type RelocKind } from './format.ts';
import type { UpdateKernel } from './kernel.ts';
import { globalLabel, Labels, preLabels, type Located } from './labels.ts';
import { foreignSite, relocKind } from './reloc-kind.ts';
import { ModuleBuilder } from './module.ts';
import type { ModuleSection, Place } from './module-section.ts';
import { movedFunctions } from './moved.ts';
import { writePatches } from './patches.ts';
import { SymbolTable } from './symbol-table.ts';

/** Code is aligned as the compiler aligns functions. */
const TEXT_ALIGN = 16;
const NOP = 0x90;

/** Makes the module that holds the replacement code, and the list of what it replaces. */
export function buildNewCode(kernel: UpdateKernel, id: string, target: string, comparisons: readonly Comparison[]): Uint8Array {
  const module = new ModuleBuilder(kernel, id, target, 'new');
  const writer = new Writer(
    module,
    movedFunctions(comparisons).map(({ span }) => span),
  );
  for (const comparison of comparisons) writer.place(comparison);
  for (const comparison of comparisons) new UnitWriter(writer, comparison).write();
  writer.exports.write(module, writer.symbols);
  writer.symbols.write(module);
  return module.build(`replacement code of update ${id}`);
}

/** What the units of an update share: the sections, and where each shipped span is in them. */
class Writer {
  readonly symbols = new SymbolTable();
  readonly rodata: ModuleSection;
  readonly strings: ModuleSection;
  readonly data: ModuleSection;
  readonly bss: ModuleSection;
  readonly bugs: ModuleSection;
  readonly exceptions: ModuleSection;
  readonly jumps: ModuleSection;
  readonly replacements: ModuleSection;
  readonly places = new Map<Span, Place>();
  /** New global functions and variables, which any unit of the update may refer to. */
  readonly globals = new Map<string, { readonly span: Span; readonly offset: number }>();
  readonly exports = new ExportTable();
  /** Pre functions that went from one unit of the update to another. */
  readonly moved: ReadonlySet<Span>;
  /** The names of the global ones: the running kernel has them too. */
  readonly movedNames: ReadonlySet<string>;
  readonly #texts = new Map<string, Place>();
  siteRelocs = 0;

  constructor(
    readonly module: ModuleBuilder,
    moved: readonly Span[],
  ) {
    this.moved = new Set(moved);
    this.movedNames = new Set(moved.filter(isGlobal).map(spanName));
    this.rodata = module.section('.rodata', SHF_ALLOC, 32);
    this.strings = module.section('.rodata.str', SHF_ALLOC, 4);
    this.data = module.section('.data', SHF_ALLOC | SHF_WRITE, 64);
    this.bss = module.section('.bss', SHF_ALLOC | SHF_WRITE, 64, true);
    this.bugs = module.section('__bug_table', SHF_ALLOC | SHF_WRITE, 4);
    this.exceptions = module.section('__ex_table', SHF_ALLOC, 4);
    this.jumps = module.section('__jump_table', SHF_ALLOC | SHF_WRITE, 4);
    this.replacements = module.section('.ksplice_replacements', SHF_ALLOC, 4);
  }

  /** Gives each shipped span of a unit its place. */
  place({ shipped, pre, post }: Comparison): void {
    for (const span of shipped) {
      this.places.set(span, this.#placeSpan(span));
      if (isGlobal(span) && !span.partner) for (const symbol of span.symbols) this.globals.set(symbol.name, { span, offset: 0 });
      const known = new Set(span.partner && pre.entries.of(span.partner).map((entry) => entry.name));
      for (const { name, offset } of span.kind === 'text' ? post.entries.of(span).slice(1) : [])
        if (!known.has(name)) this.globals.set(name, { span, offset });
    }
  }

  /** Room for what is written over a constant of the kernel: it has no address of its own that anything could refer to. */
  payload(span: Span): Place {
    this.rodata.alignTo(4);
    return this.rodata.append(blank(span));
  }

  #placeSpan(span: Span): Place {
    if (span.kind === 'text') {
      this.module.text.alignTo(TEXT_ALIGN, NOP);
      return this.module.text.append(blank(span));
    }
    if (span.kind === 'string') return this.#placeString(span);
    const section = span.kind === 'rodata' ? this.rodata : span.bytes ? this.data : this.bss;
    section.alignTo(Math.min(section.align, Math.max(1, span.section.align)));
    return span.bytes ? section.append(blank(span)) : section.reserve(span.size);
  }

  #placeString(span: Span): Place {
    const text = spanText(span);
    const known = this.#texts.get(text);
    if (known) return known;
    this.strings.alignTo(Math.min(this.strings.align, Math.max(1, span.section.align)));
    const place = this.strings.append((span.bytes ?? new Uint8Array(1)).subarray(0, text.length + 1));
    this.#texts.set(text, place);
    return place;
  }
}

/** The span's bytes with zeros in the fields of references. */
function blank(span: Span): Uint8Array {
  const bytes = (span.bytes ?? new Uint8Array(span.size)).slice();
  for (const { offset } of span.references) bytes.fill(0, offset, offset + 4);
  return bytes;
}

/** A global function that pre does not have here. */
function newName(span: Span): string | undefined {
  return isGlobal(span) && !span.partner ? spanName(span) : undefined;
}

export type Resolved =
  { readonly place: Place; readonly located: undefined } | { readonly place: undefined; readonly located: Located };

class UnitWriter {
  readonly #module: ModuleBuilder;
  readonly #preLabels: Labels;
  readonly #postLabels: Labels;

  constructor(
    readonly writer: Writer,
    readonly comparison: Comparison,
  ) {
    this.#module = writer.module;
    this.#preLabels = preLabels(comparison);
    this.#postLabels = new Labels(comparison.post, comparison.objectPath);
  }

  write(): void {
    for (const span of this.comparison.shipped) {
      const place = this.#placeOf(span);
      if (span.kind === 'string') continue;
      this.#references(span, place);
      for (const site of span.sites) this.#site(site, place);
      if (span.kind === 'text') this.#range(span, place);
    }
    writePatches(this.comparison, {
      module: this.#module,
      labels: this.#preLabels,
      symbols: this.writer.symbols,
      placeOf: (span) => this.#placeOf(span),
      newHome: (span) => {
        const home = this.writer.moved.has(span) ? this.writer.globals.get(spanName(span)) : undefined;
        return home && shift(this.#placeOf(home.span), home.offset);
      },
      payload: (span) => {
        const place = this.writer.payload(span);
        this.#references(span, place);
        return place;
      },
    });
    this.#hooks();
    this.#exports();
  }

  #references(span: Span, place: Place): void {
    for (const reference of span.references) if (!reference.dead) this.#reference(reference, place);
  }

  #placeOf(span: Span): Place {
    const place = this.writer.places.get(span);
    if (!place) throw new Error(`${spanName(span)} of ${this.comparison.objectPath} is not part of the update`);
    return place;
  }

  /**
   * Where a reference leads: to something in the update, or to the running kernel. A pointer to a function that is replaced stays a pointer to
   * the old one, whose trampoline leads on: it may outlive the update.
   */
  #resolve(target: Target, kind: RelocKind, inside = false): Resolved {
    const { span, offset } = target;
    if (!span) {
      const global = this.writer.globals.get(target.name);
      return global && !this.#leadsOn(target.name, kind, inside)
        ? { place: shift(this.#placeOf(global.span), global.offset + offset), located: undefined }
        : { place: undefined, located: { label: globalLabel(target.name), addend: offset } };
    }
    const entry = span.kind !== 'text' ? undefined : offset === 0 ? newName(span) : this.comparison.post.entries.at(span, offset);
    if (entry !== undefined && this.#leadsOn(entry, kind, inside))
      return { place: undefined, located: { label: globalLabel(entry), addend: 0 } };
    const place = this.writer.places.get(span);
    const replaced = span.kind === 'text' && span.partner !== undefined;
    if (place && (!replaced || inside || kind === 'pc32' || offset !== 0))
      return { place: shift(place, offset), located: undefined };
    if (span.partner && hasIdentity(span)) return { place: undefined, located: this.#preLabels.locate(span.partner, offset) };
    if (isGlobal(span)) return { place: undefined, located: { label: globalLabel(spanName(span)), addend: offset } };
    throw new Error(`a reference to ${spanName(span)} of ${this.comparison.objectPath} was neither shipped nor refused`);
  }

  /** Whether a pointer goes to a function that the running kernel has under this name: its trampoline leads on. */
  #leadsOn(name: string, kind: RelocKind, inside: boolean): boolean {
    return kind === 'abs32' && !inside && (this.writer.movedNames.has(name) || this.#hasInnerEntry(name));
  }

  #hasInnerEntry(name: string): boolean {
    return this.comparison.pre.entries.find(name) !== undefined;
  }

  #reference(reference: Reference, from: Place): void {
    const { place, located } = this.#resolve(reference.target, relocKind(reference));
    const offset = from.offset + reference.offset;
    if (place) {
      from.section.refer(offset, relocKind(reference), place, reference.bias);
      return;
    }
    const out = this.#module.relocs.section;
    out.pointer({ section: from.section, offset });
    out.u32(this.writer.symbols.index(located.label), located.addend + reference.bias, RELOC[relocKind(reference)]);
  }

  #site(site: Site, from: Place): void {
    const place = shift(from, site.offset);
    switch (site.kind) {
      case 'lock':
        return;
      case 'bug':
        this.writer.bugs.pointer(place);
        this.writer.bugs.pointer(site.file && this.#placeIn(site.file));
        this.writer.bugs.u32(site.line | (site.flags << 16));
        return;
      case 'extable':
        relative(this.writer.exceptions, place);
        relative(this.writer.exceptions, this.#placeIn(site.fixup));
        this.writer.exceptions.u32(site.data);
        return;
      case 'jump':
        this.#jump(site, place);
        return;
      case 'alternative':
        this.#alternative(site, place);
        return;
      case 'paravirt':
      case 'static-call':
        throw foreignSite(site.kind);
    }
  }

  /** The place of something that is shipped with the code that mentions it. */
  #placeIn(target: Target): Place {
    const { place } = this.#resolve(target, 'abs32', true);
    if (!place) throw new Error(`a table entry of ${this.comparison.objectPath} leads out of the update`);
    return place;
  }

  #jump(site: Site & { kind: 'jump' }, place: Place): void {
    const out = this.writer.jumps;
    relative(out, place);
    relative(out, this.#placeIn(site.target));
    const { place: key, located } = this.#resolve(site.key, 'abs32');
    const { offset } = out.u32(0);
    if (key) out.refer(offset, 'pc32', key, site.flags);
    else out.refer(offset, 'pc32', { symbol: located.label.text }, located.addend + site.flags);
  }

  /** Replacement code is written as it will stand at the site: the core copies it and fills in what is still blank. */
  #alternative(site: Site & { kind: 'alternative' }, place: Place): void {
    const { replacements, symbols } = this.writer;
    const bytes = replacements.append(site.bytes);
    let blanks = 0;
    for (const reference of site.references) {
      const { place: to, located } = this.#resolve(reference.target, relocKind(reference), true);
      if (!to) {
        this.#module.siteRelocs.section.u32(
          reference.offset,
          symbols.index(located.label),
          located.addend + reference.bias,
          RELOC[relocKind(reference)],
        );
        blanks++;
      } else if (reference.kind === 'abs32') replacements.refer(bytes.offset + reference.offset, 'abs32', to, reference.bias);
      else replacements.set32(bytes.offset + reference.offset, to.offset + reference.bias - (place.offset + reference.offset));
    }
    const out = this.#module.sites.section;
    out.pointer(place);
    out.u32(SITE.alternative, site.length, KSPLICE_NONE, 0, KSPLICE_NONE, site.cpuid);
    out.pointer(site.bytes.length > 0 ? bytes : undefined);
    out.u32(site.bytes.length, this.writer.siteRelocs, blanks);
    this.writer.siteRelocs += blanks;
  }

  #range(span: Span, place: Place): void {
    const label = span.partner ? this.#preLabels.of(span.partner) : this.#postLabels.of(span);
    this.#module.ranges.section.pointer(place);
    this.#module.ranges.section.u32(span.size);
    this.#module.ranges.section.pointer(this.#module.string(label.text));
    this.#module.nameFunction(spanName(span), place, span.size);
  }

  #hooks(): void {
    const out = this.#module.hooks.section;
    for (const { kind, function: span } of this.comparison.hooks) {
      out.pointer(this.#placeOf(span));
      out.u32(HOOK[kind]);
      out.pointer(this.#module.string(spanName(span)));
    }
  }

  #exports(): void {
    const { added, removed } = this.comparison.exports;
    for (const one of removed) this.writer.exports.remove(one);
    // What modules get must stay good after undo, as a pointer does.
    for (const one of added) if (one.value) this.writer.exports.add(one, this.#resolve(one.value, 'abs32'));
  }
}

function shift(place: Place, by: number): Place {
  return { section: place.section, offset: place.offset + by };
}

/** Appends a field that holds its distance to a place. */
function relative(section: ModuleSection, to: Place): void {
  const { offset } = section.u32(0);
  section.refer(offset, 'pc32', to, 0);
}
