import type { ElfRelocation, ElfSection } from '../elf/object.ts';
import { View } from '../elf/view.ts';
import { moved, type AddressMap } from './address.ts';
import { readCode } from './code-references.ts';
import { isCode } from './lines.ts';
import type { Site, Span, Target } from './span.ts';
import { tableLayout, type TableLayout } from './table-layout.ts';

export interface TableProblem {
  readonly section: string;
  readonly message: string;
}

/** Gives every text span its sites, from all special tables of the object; code of boot only those that tell lines. */
export function attachSites(map: AddressMap, tables: readonly ElfSection[]): TableProblem[] {
  const problems: TableProblem[] = [];
  const sites = new Map<Span, Site[]>();
  for (const section of tables) {
    const say = (message: string): unknown => problems.push({ section: section.name, message });
    if (section.data.length !== section.size) {
      say('it has no contents');
      continue;
    }
    const fields = new Map<number, ElfRelocation>();
    for (const relocation of section.relocations) {
      const field = map.field(relocation);
      if (field && 'unsupported' in field) say(`it has ${field.unsupported}`);
      else if (field) fields.set(relocation.offset, relocation);
    }
    const layout = tableLayout(
      section,
      section.relocations.filter((relocation) => fields.get(relocation.offset) === relocation),
      map.object.elfClass,
    );
    if (!layout) {
      say(`its ${section.size} bytes with ${fields.size} relocations are entries of no known layout`);
      continue;
    }
    for (let base = 0; base < section.size; base += layout.size) {
      const entry = new Entry(map, section, base, fields);
      const place = entry.target(0);
      if (!place?.span) {
        say(`entry ${base / layout.size} points at no code of this object`);
        continue;
      }
      // Of boot code only the lines of its warnings are of interest.
      if (place.span.kind !== 'text' && !(layout.kind === 'bug' && isCode(place.span))) continue;
      const site = readSite(map, layout, entry, place.offset);
      const list = sites.get(place.span);
      if (typeof site === 'string') say(`entry ${base / layout.size}: ${site}`);
      else if (list) list.push(site);
      else sites.set(place.span, [site]);
    }
  }
  for (const [span, list] of sites) span.sites = list.sort((a, b) => a.offset - b.offset);
  return problems;
}

class Entry {
  readonly #view: View;

  constructor(
    readonly map: AddressMap,
    readonly section: ElfSection,
    readonly base: number,
    readonly fields: ReadonlyMap<number, ElfRelocation>,
  ) {
    this.#view = new View(section.data);
  }

  /** Where a field points, relative or absolute; relative ones count from the field itself. */
  target(offset: number | undefined): Target | undefined {
    const relocation = offset === undefined ? undefined : this.fields.get(this.base + offset);
    return relocation && this.map.target(relocation.symbol, relocation.addend);
  }

  u32(offset: number): number {
    return this.#view.u32(this.base + offset) ?? 0;
  }

  u16(offset: number): number {
    return this.#view.u16(this.base + offset) ?? 0;
  }

  u8(offset: number): number {
    return this.#view.u8(this.base + offset) ?? 0;
  }
}

function readSite(map: AddressMap, layout: TableLayout, entry: Entry, offset: number): Site | string {
  switch (layout.kind) {
    case 'lock':
      return { kind: 'lock', offset };
    case 'bug': {
      const line = layout.line === undefined ? 0 : entry.u16(layout.line);
      return { kind: 'bug', offset, file: fileName(map, entry.target(layout.file)), line, flags: entry.u16(layout.flags) };
    }
    case 'extable': {
      const fixup = entry.target(4);
      const data = layout.data === undefined ? 0 : entry.u32(layout.data);
      return fixup ? { kind: 'extable', offset, fixup, data, handler: entry.target(layout.handler) } : 'it has no fixup';
    }
    case 'jump': {
      const target = entry.target(layout.target);
      const key = flagged(entry.target(layout.key));
      return target && key ? { kind: 'jump', offset, target, ...key } : 'it has no target or no key';
    }
    case 'paravirt':
      return { kind: 'paravirt', offset, type: entry.u8(layout.type), length: entry.u8(layout.length) };
    case 'static-call': {
      const key = flagged(entry.target(layout.key));
      return key ? { kind: 'static-call', offset, ...key } : 'it has no key';
    }
    case 'alternative':
      return readAlternative(map, layout, entry, offset);
  }
}

/** The low bits of a key's address carry flags: keys are aligned to words. */
function flagged(target: Target | undefined): { key: Target; flags: number } | undefined {
  if (!target) return undefined;
  const flags = target.offset & 3;
  return { key: moved(target, -flags), flags };
}

/** Older kernels count the distance to the file's name from the start of the entry, not from the field four bytes behind it. */
function fileName(map: AddressMap, target: Target | undefined): Target | undefined {
  if (target?.span?.kind !== 'string' || target.offset === 0) return target;
  const earlier = map.at(target.span.section.index, target.span.offset + target.offset - 4);
  return earlier?.offset === 0 ? earlier : target;
}

function readAlternative(
  map: AddressMap,
  layout: TableLayout & { kind: 'alternative' },
  entry: Entry,
  offset: number,
): Site | string {
  const length = entry.u8(layout.length);
  const size = entry.u8(layout.replacementLength);
  const cpuid = layout.cpuid.wide ? entry.u32(layout.cpuid.at) : entry.u16(layout.cpuid.at);
  if (size === 0) return { kind: 'alternative', offset, cpuid, length, bytes: new Uint8Array(0), references: [] };
  const place = entry.target(4);
  if (!place?.span) return 'its replacement is not in this object';
  if (size > length) return 'its replacement is longer than what it replaces';
  const section = place.span.section;
  const start = place.span.offset + place.offset;
  if (start < 0 || start + size > section.data.length) return 'its replacement lies outside of its section';
  const code = readCode(map, section, start, size);
  if ('unsupported' in code) return `its replacement ${code.unsupported}`;
  return { kind: 'alternative', offset, cpuid, length, ...code };
}
