import type { ElfSection } from '../elf/object.ts';
import { View } from '../elf/view.ts';
import { moved, readField, toReference, type AddressMap, type Field } from './address.ts';
import type { Reference, Site, Span, Target } from './span.ts';

/** Sizes of the entries on i386 (struct alt_instr, bug_entry, exception_table_entry, jump_entry; .smp_locks has plain offsets). */
const ENTRY = { '.altinstructions': 12, '.smp_locks': 4, __bug_table: 12, __ex_table: 12, __jump_table: 12 } as const;

export interface TableProblem {
  readonly section: string;
  readonly message: string;
}

/** Gives every text span its sites, from all special tables of the object. Entries that point into other code (init, exit) are left out. */
export function attachSites(map: AddressMap, tables: readonly ElfSection[]): TableProblem[] {
  const problems: TableProblem[] = [];
  const sites = new Map<Span, Site[]>();
  for (const section of tables) {
    const size = ENTRY[section.name as keyof typeof ENTRY];
    if (section.size % size !== 0)
      problems.push({ section: section.name, message: `its size ${section.size} is no multiple of its entry size ${size}` });
    if (section.data.length !== section.size) {
      problems.push({ section: section.name, message: 'it has no contents' });
      continue;
    }
    const fields = new Map<number, Field>();
    for (const relocation of section.relocations) {
      const field = readField(section, relocation);
      if (field && 'unsupported' in field) problems.push({ section: section.name, message: `it has ${field.unsupported}` });
      else if (field) fields.set(field.relocation.offset, field);
    }
    for (let base = 0; base + size <= section.size; base += size) {
      const entry = new Entry(map, section, base, fields);
      const place = entry.target(0);
      if (!place?.span) {
        problems.push({ section: section.name, message: `entry ${base / size} points at no code of this object` });
        continue;
      }
      if (place.span.kind !== 'text') continue;
      const site = readSite(map, section.name, entry, place.offset);
      if (typeof site === 'string') problems.push({ section: section.name, message: `entry ${base / size}: ${site}` });
      else sites.set(place.span, [...(sites.get(place.span) ?? []), site]);
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
    readonly fields: ReadonlyMap<number, Field>,
  ) {
    this.#view = new View(section.data);
  }

  /** Where a 32-bit field points, relative or absolute; relative ones count from the field itself. */
  target(offset: number): Target | undefined {
    const field = this.fields.get(this.base + offset);
    return field && this.map.target(field.relocation.symbol, field.addend);
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

function readSite(map: AddressMap, table: string, entry: Entry, offset: number): Site | string {
  switch (table) {
    case '.smp_locks':
      return { kind: 'lock', offset };
    case '__bug_table':
      return { kind: 'bug', offset, file: entry.target(4), line: entry.u16(8), flags: entry.u16(10) };
    case '__ex_table': {
      const fixup = entry.target(4);
      return fixup ? { kind: 'extable', offset, fixup, data: entry.u32(8) } : 'it has no fixup';
    }
    case '__jump_table': {
      const target = entry.target(4);
      const key = entry.target(8);
      if (!target || !key) return 'it has no target or no key';
      // The low bits of the key's address carry flags: keys are aligned to words.
      const flags = key.offset & 3;
      return { kind: 'jump', offset, target, key: moved(key, -flags), flags };
    }
    default:
      return readAlternative(map, entry, offset);
  }
}

function readAlternative(map: AddressMap, entry: Entry, offset: number): Site | string {
  const length = entry.u8(10);
  const size = entry.u8(11);
  const cpuid = entry.u16(8);
  if (size === 0) return { kind: 'alternative', offset, cpuid, length, bytes: new Uint8Array(0), references: [] };
  const place = entry.target(4);
  if (!place?.span) return 'its replacement is not in this object';
  if (size > length) return 'its replacement is longer than what it replaces';
  const section = place.span.section;
  const start = place.span.offset + place.offset;
  if (start < 0 || start + size > section.data.length) return 'its replacement lies outside of its section';
  const bytes = section.data.slice(start, start + size);
  const references: Reference[] = [];
  for (const relocation of section.relocations) {
    if (relocation.offset < start || relocation.offset >= start + size) continue;
    const field = readField(section, relocation);
    if (!field) continue;
    if ('unsupported' in field) return `its replacement has ${field.unsupported}`;
    const at = relocation.offset - start;
    const reference = toReference(map, field, at, field.kind === 'pc32' ? -4 : 0);
    if (!reference || at + 4 > size) return 'its replacement refers to something that is not in this object';
    bytes.fill(0, at, at + 4);
    references.push(reference);
  }
  return { kind: 'alternative', offset, cpuid, length, bytes, references };
}
