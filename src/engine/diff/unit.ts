import { SHF_EXECINSTR, SHN_LORESERVE, STT_FILE, STT_SECTION } from '../elf/constants.ts';
import type { ElfObject, ElfSection, ElfSymbol } from '../elf/object.ts';
import { AddressMap, toReference } from './address.ts';
import { BiasFinder } from './code-references.ts';
import { Entries } from './entries.ts';
import { readExports, type Export } from './exports.ts';
import { readHooks, type Hook } from './hooks.ts';
import { walk } from './instruction.ts';
import { refusal, type Refusal } from './refusal.ts';
import { sectionRule, type SectionClass, type SectionRule } from './section-class.ts';
import type { Reference, Span } from './span.ts';
import { splitSection } from './split.ts';
import { attachSites } from './tables.ts';

/** An optimization unit: one object, as spans that know what they refer to. */
export interface Unit {
  readonly object: ElfObject;
  readonly spans: readonly Span[];
  /** By section index: what is known of the section. */
  readonly rules: readonly (SectionRule | undefined)[];
  /** What it exports to modules, by name. */
  readonly exports: ReadonlyMap<string, Export>;
  readonly hooks: readonly Hook[];
  /** Where its functions are entered. */
  readonly entries: Entries;
  /** What in this object is not understood. */
  readonly refusals: readonly Refusal[];
}

const COMPARED = new Set(['text', 'rodata', 'string', 'data', 'percpu', 'opaque']);

/** Cuts an object into spans and finds out what they refer to. Never fails: what it does not understand is in `refusals`. */
export function readUnit(object: ElfObject): Unit {
  const refusals: Refusal[] = [];
  const symbolsOf = symbolsBySection(object);
  const spans: Span[] = [];
  const tables: ElfSection[] = [];
  const limit = maxSpans(object);
  const rules = object.sections.map((section) => sectionRule(section.name));
  for (const section of object.sections) {
    const is = rules[section.index]?.is;
    if (is === undefined) {
      if (section.size > 0) refusals.push(unknownSection(section));
      continue;
    }
    if (is === 'table') tables.push(section);
    if (is === 'structure') continue;
    const pieces = splitSection(section, is, symbolsOf.get(section.index) ?? [], object.elfClass, limit - spans.length);
    if (!pieces) refusals.push(tooManyPieces(section));
    for (const span of pieces ?? []) spans.push(span);
  }
  const map = new AddressMap(object, spans);
  for (const section of object.sections) {
    const problem = attachReferences(map, section, rules[section.index]?.is);
    if (problem) refusals.push(problem);
  }
  for (const problem of attachSites(map, tables)) {
    const message = `The table ${problem.section} is not as expected: ${problem.message}.`;
    refusals.push(refusal('bad_table', message, { section: problem.section }));
  }
  for (const span of spans) markDead(span);
  const { hooks, refusals: badHooks } = readHooks(spans);
  refusals.push(...badHooks);
  return { object, spans, rules, exports: readExports(spans), hooks, entries: new Entries(object, spans), refusals };
}

/**
 * A string or variable takes its own bytes and those of whoever refers to it, a symbol, or a section header. Whatever has many more pieces than its
 * size explains is made to use up memory.
 */
function maxSpans(object: ElfObject): number {
  return 4096 + object.sections.reduce((sum, section) => sum + section.data.length, 0) / 32;
}

function tooManyPieces({ name }: ElfSection): Refusal {
  const message = `${name} would fall into more strings or constants than an object of this size has.`;
  return refusal('too_many_pieces', message, { section: name });
}

function unknownSection({ name }: ElfSection): Refusal {
  const message = `Nothing is known about the section ${name}, so a change in it could be missed.`;
  return refusal('unknown_section', message, { section: name });
}

function symbolsBySection(object: ElfObject): Map<number, ElfSymbol[]> {
  const result = new Map<number, ElfSymbol[]>();
  for (const symbol of object.symbols) {
    if (
      symbol.index === 0 ||
      symbol.section === 0 ||
      symbol.section >= SHN_LORESERVE ||
      symbol.type === STT_SECTION ||
      symbol.type === STT_FILE
    )
      continue;
    const list = result.get(symbol.section);
    if (list) list.push(symbol);
    else result.set(symbol.section, [symbol]);
  }
  return result;
}

/** Finds out what the spans of a section refer to. Gives the first reference that is not understood, if there is one. */
function attachReferences(map: AddressMap, section: ElfSection, is: SectionClass | undefined): Refusal | undefined {
  const spans = map.spansOf(section.index);
  if (is === 'table' || is === 'replacement' || spans.length === 0) return undefined;
  const executable = is === 'text' || (section.flags & SHF_EXECINSTR) !== 0;
  let refusal: Refusal | undefined;
  let at = 0;
  let span = spans[0];
  let list: Reference[] = [];
  let biases: BiasFinder | undefined;
  for (const relocation of section.relocations) {
    for (let next = spans[at + 1]; next && next.offset <= relocation.offset; next = spans[++at + 1]) {
      span = next;
      list = [];
      biases = undefined;
    }
    if (!span || !COMPARED.has(span.kind)) continue;
    const field = map.field(relocation);
    if (!field) continue;
    const offset = relocation.offset - span.offset;
    if (executable) biases ??= new BiasFinder(span.bytes ?? new Uint8Array(0), span.bits);
    const reference =
      'unsupported' in field ? undefined : toReference(map, relocation, field, offset, biases?.of(field, offset) ?? 0);
    if (reference && offset + reference.size <= span.size) {
      if (list.length === 0) span.references = list;
      list.push(reference);
    } else if (span.kind !== 'opaque') {
      const what = 'unsupported' in field ? field.unsupported : 'a reference to an absolute or unknown symbol';
      refusal ??= unsupported(section, relocation.offset, what);
    }
  }
  if (is === 'text' && spans.length > 1) addImplicit(map, spans);
  return refusal;
}

function unsupported({ name }: ElfSection, offset: number, what: string): Refusal {
  const message = `${name}+0x${offset.toString(16)} has ${what}, which cannot be carried into an update.`;
  return refusal('unsupported_relocation', message, { section: name });
}

/** In a section with several functions, a branch from one to another local one has no relocation. */
function addImplicit(map: AddressMap, spans: readonly Span[]): void {
  for (const span of spans) {
    const { bytes } = span;
    if (!bytes) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const known = new Set(span.references.map((reference) => reference.offset));
    const found: Reference[] = [];
    for (const { offset, instruction } of walk(bytes, span.bits)) {
      if (!instruction.branch || instruction.immediateSize !== 4) continue;
      const field = offset + instruction.immediateOffset;
      if (known.has(field)) continue;
      const to = offset + instruction.length + view.getInt32(field, true);
      if (to >= 0 && to < span.size) continue;
      const target = map.at(span.section.index, span.offset + to);
      if (target && target.span !== span) found.push({ offset: field, size: 4, kind: 'pc32', target, bias: -4, implicit: true });
    }
    if (found.length > 0) span.references = [...span.references, ...found].sort((a, b) => a.offset - b.offset);
  }
}

/** X86_FEATURE_ALWAYS, the pseudo feature of alternatives that apply to every machine. */
const FEATURE_ALWAYS = 3 * 32 + 21;

/** static_cpu_has() first jumps to .altinstr_aux; each such jump is replaced at boot, before .altinstr_aux is freed. */
function markDead(span: Span): void {
  if (span.sites.length === 0) return;
  const replaced = (offset: number): boolean =>
    span.sites.some(
      (site) =>
        site.kind === 'alternative' &&
        (site.cpuid & 0xffff) === FEATURE_ALWAYS &&
        site.offset <= offset &&
        offset < site.offset + site.length,
    );
  span.references = span.references.map((reference) =>
    reference.target.span?.section.name === '.altinstr_aux' && replaced(reference.offset)
      ? { ...reference, dead: true }
      : reference,
  );
}
