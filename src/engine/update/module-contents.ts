import { SHF_EXECINSTR, SHN_UNDEF } from '../elf/constants.ts';
import type { ElfObject, ElfRelocation, ElfSection } from '../elf/object.ts';
import { readElf } from '../elf/reader.ts';
import { View } from '../elf/view.ts';
import { failure, success, type Failure, type Result } from '../failure.ts';
import type { HookKind } from '../diff/hooks.ts';
import {
  EXPORT,
  HOOK,
  KSPLICE_API_VERSION,
  KSPLICE_MAGIC,
  KSPLICE_NONE,
  PATCH,
  ROLE,
  SECTION_EARLY,
  SECTION_KIND,
  SIZE,
} from './format.ts';

/** What one module of an update says about itself, as the core in the kernel will read it. */
export interface ModuleContents {
  readonly role: 'new' | 'old';
  readonly id: string;
  readonly target: string;
  readonly release: string;
  readonly symbols: readonly { readonly label: string; readonly name: string | undefined; readonly global: boolean }[];
  /** References that the core fills in (new_code) or solves (old_code). */
  readonly relocs: number;
  readonly siteRelocs: number;
  readonly sites: number;
  readonly sections: readonly {
    readonly label: string;
    readonly kind: 'text' | 'rodata' | 'string' | 'data';
    readonly size: number;
    readonly relocs: number;
    readonly sites: number;
    /** Number of the compilation unit. */
    readonly unit: number;
    /** Data that is matched in the first round. */
    readonly early: boolean;
  }[];
  readonly patches: readonly {
    readonly name: string;
    readonly label: string;
    readonly offset: number;
    readonly size: number;
    readonly kind: keyof typeof PATCH;
    /** Of a bug: the line that is reported from now on. */
    readonly value: number;
  }[];
  readonly ranges: readonly { readonly label: string; readonly size: number }[];
  readonly hooks: readonly { readonly kind: HookKind; readonly function: string }[];
  readonly exports: readonly { readonly kind: keyof typeof EXPORT; readonly name: string; readonly hidden: string }[];
  /** Symbols that the module loader must find. */
  readonly undefinedSymbols: readonly string[];
}

/** Reads a module of an update; every index and pointer is checked. Fails with `bad_module`, `other_api_version` or as reading ELF does. */
export function readModule(bytes: Uint8Array, file: string): Result<ModuleContents> {
  const object = readElf(bytes, { name: file });
  return object.ok ? new ModuleReader(object.value, file).read() : object;
}

interface Pointer {
  readonly section: ElfSection;
  readonly offset: number;
}

interface TableAt {
  readonly count: number;
  readonly at: (index: number, field: number) => Pointer;
}

class ModuleReader {
  #problem: Failure | undefined;
  readonly #relocations = new Map<ElfSection, ReadonlyMap<number, ElfRelocation>>();

  constructor(
    readonly object: ElfObject,
    readonly file: string,
  ) {}

  read(): Result<ModuleContents> {
    const section = this.object.sections.find((candidate) => candidate.name === '.ksplice_code');
    if (!section) return this.#fail('It has no .ksplice_code section: it is not a module of an update.');
    const word = (index: number): number => this.#u32({ section, offset: index * 4 });
    if (word(0) !== KSPLICE_MAGIC) return this.#fail('Its description does not begin with the magic number.');
    if (word(1) !== KSPLICE_API_VERSION) {
      return failure('other_api_version', 'The update has another format.', {
        where: this.file,
        expected: `api version ${KSPLICE_API_VERSION}`,
        found: `api version ${word(1)}`,
        hint: 'Create the update again with this version of hotsplice.',
      });
    }
    const role = word(2) === ROLE.new ? 'new' : word(2) === ROLE.old ? 'old' : undefined;
    if (!role || word(3) !== SIZE.code) return this.#fail('Its description has another size or role.');
    const text = (index: number): string => this.#string({ section, offset: index * 4 }) ?? '';
    const table = (index: number, size: number): TableAt => this.#table({ section, offset: (8 + 2 * index) * 4 }, size);
    const symbols = table(0, SIZE.symbol);
    const relocs = table(1, SIZE.reloc);
    const siteRelocs = table(2, SIZE.reloc);
    const sites = table(3, SIZE.site);
    const sections = table(4, SIZE.section);
    const patches = table(5, SIZE.patch);
    const ranges = table(6, SIZE.range);
    const hooks = table(7, SIZE.hook);
    const exports = table(8, SIZE.export);
    const label = (table: TableAt, index: number): string => {
      const number = this.#u32(table.at(index, 0));
      if (number >= symbols.count) this.#fail(`Entry ${index} of a table names symbol ${number} of ${symbols.count}.`);
      return number < symbols.count ? (this.#string(symbols.at(number, 0)) ?? '') : '';
    };
    const contents: ModuleContents = {
      role,
      id: text(4),
      target: text(5),
      release: text(6),
      symbols: each(symbols, (index, at) => ({
        label: this.#string(at(index, 0)) ?? '',
        name: this.#string(at(index, 4)),
        global: (this.#u32(at(index, 12)) & 1) !== 0,
      })),
      relocs: relocs.count,
      siteRelocs: siteRelocs.count,
      sites: sites.count,
      sections: each(sections, (index, at) => ({
        label: label(sections, index),
        kind: this.#name(SECTION_KIND, this.#u32(at(index, 4))),
        size: this.#u32(at(index, 12)),
        relocs: this.#u32(at(index, 20)),
        sites: this.#u32(at(index, 28)),
        unit: this.#u32(at(index, 32)),
        early: (this.#u32(at(index, 36)) & SECTION_EARLY) !== 0,
      })),
      patches: each(patches, (index, at) => ({
        label: label(patches, index),
        offset: this.#u32(at(index, 4)),
        size: this.#u32(at(index, 8)),
        kind: this.#name(PATCH, this.#u32(at(index, 12))),
        name: this.#string(at(index, 20)) ?? '',
        value: this.#u32(at(index, 24)),
      })),
      ranges: each(ranges, (index, at) => ({ size: this.#u32(at(index, 4)), label: this.#string(at(index, 8)) ?? '' })),
      hooks: each(hooks, (index, at) => ({
        kind: this.#name(HOOK, this.#u32(at(index, 4))),
        function: this.#string(at(index, 8)) ?? '',
      })),
      exports: each(exports, (index, at) => ({
        kind: this.#name(EXPORT, this.#u32(at(index, 12))),
        name: this.#string(at(index, 0)) ?? '',
        hidden: this.#string(at(index, 4)) ?? '',
      })),
      undefinedSymbols: this.object.symbols
        .filter((symbol) => symbol.section === SHN_UNDEF && symbol.name !== '')
        .map((symbol) => symbol.name),
    };
    for (const table of [relocs, siteRelocs])
      each(table, (index, at) => this.#checkReloc(index, this.#u32(at(index, 4)), symbols.count));
    this.#checkPointers(contents, { patches, hooks, exports });
    for (const symbol of each(symbols, (index, at) => this.#u32(at(index, 8))))
      if (symbol !== KSPLICE_NONE && symbol >= contents.sections.length)
        this.#fail(`A symbol is in section ${symbol} of ${contents.sections.length}.`);
    return this.#problem ?? success(contents);
  }

  /** What a patch, a hook or an export needs of the module, and nothing where it needs nothing. */
  #checkPointers(contents: ModuleContents, tables: Record<'patches' | 'hooks' | 'exports', TableAt>): void {
    const { patches, hooks, exports } = tables;
    contents.patches.forEach(({ kind, size, name }, index) => {
      const to = this.#pointer(patches.at(index, 16));
      if ((kind === 'replace' || kind === 'data') !== (to !== undefined)) this.#fail(`The patch of ${name} has no new contents.`);
      if (kind === 'data' && to && to.offset + size > to.section.size) this.#fail(`The new contents of ${name} end too early.`);
    });
    contents.hooks.forEach((hook, index) => {
      const to = this.#pointer(hooks.at(index, 0));
      if (!to || (to.section.flags & SHF_EXECINSTR) === 0) this.#fail(`The ${hook.kind} hook ${hook.function} is no function.`);
    });
    contents.exports.forEach(({ kind, name }, index) => {
      const to = this.#pointer(exports.at(index, 8));
      if ((kind === 'add') !== (to !== undefined)) this.#fail(`The export of ${name} has no entry.`);
    });
  }

  #fail(message: string): Failure {
    this.#problem ??= failure('bad_module', `The module is damaged. ${message}`, {
      where: this.file,
      hint: 'Create the update again.',
    });
    return this.#problem;
  }

  #checkReloc(index: number, symbol: number, count: number): void {
    if (symbol >= count) this.#fail(`Relocation ${index} names symbol ${symbol} of ${count}.`);
  }

  #name<K extends string>(names: Readonly<Record<K, number>>, value: number): K {
    const keys = Object.keys(names) as K[];
    const found = keys.find((key) => names[key] === value);
    if (found === undefined) this.#fail(`A table holds the unknown kind ${value}.`);
    return found ?? (keys[0] as K);
  }

  #u32({ section, offset }: Pointer): number {
    const value = new View(section.data).u32(offset);
    if (value === undefined) this.#fail(`${section.name} ends too early.`);
    return value ?? 0;
  }

  /** Where the field at a place points; undefined for NULL. */
  #pointer(place: Pointer): Pointer | undefined {
    let index = this.#relocations.get(place.section);
    if (!index)
      this.#relocations.set(
        place.section,
        (index = new Map(place.section.relocations.map((relocation) => [relocation.offset, relocation]))),
      );
    const relocation = index.get(place.offset);
    if (!relocation) return undefined;
    const symbol = this.object.symbols[relocation.symbol];
    const section = this.object.sections[symbol?.section ?? 0];
    if (!symbol || !section || section.index === 0) {
      this.#fail(`A pointer in ${place.section.name} leads nowhere.`);
      return undefined;
    }
    return { section, offset: symbol.value + this.#u32(place) };
  }

  #string(place: Pointer): string | undefined {
    const to = this.#pointer(place);
    if (!to) return undefined;
    const text = new View(to.section.data).string(to.offset, 256);
    if (text === undefined) this.#fail(`A string in ${to.section.name} has no end.`);
    return text;
  }

  #table(place: Pointer, size: number): TableAt {
    const count = this.#u32({ section: place.section, offset: place.offset + 4 });
    const start = this.#pointer(place);
    if (count > 0 && (!start || start.offset + count * size > start.section.data.length)) {
      this.#fail('A table is longer than its section.');
      return { count: 0, at: () => place };
    }
    return {
      count: start ? count : 0,
      at: (index, field) => ({ section: (start ?? place).section, offset: (start ?? place).offset + index * size + field }),
    };
  }
}

function each<T>(table: TableAt, read: (index: number, at: TableAt['at']) => T): T[] {
  return Array.from({ length: table.count }, (_, index) => read(index, table.at));
}
