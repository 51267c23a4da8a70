import {
  EM_386,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHF_WRITE,
  SHT_NOBITS,
  SHT_NULL,
  SHT_PROGBITS,
  STB_GLOBAL,
  STB_LOCAL,
  STT_FUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_SECTION,
} from '../elf/constants.ts';
import type { ElfRelocation, ElfSection, ElfSymbol } from '../elf/object.ts';
import { writeElf } from '../elf/writer.ts';
import { KSPLICE_API_VERSION, KSPLICE_MAGIC, moduleName, ROLE, SIZE } from './format.ts';
import type { UpdateKernel } from './kernel.ts';
import { ModuleSection, type Place, type Referent } from './module-section.ts';

/** A table of the module: where it is, and how many entries it has. */
export interface Table {
  readonly section: ModuleSection;
  readonly entrySize: number;
}

/** Builds one kernel module of an update: a relocatable object that insmod takes. */
export class ModuleBuilder {
  readonly #sections: ModuleSection[] = [];
  readonly #functions: { name: string; place: Place; size: number }[] = [];
  readonly #strings = new Map<string, Place>();
  readonly text = this.section('.text', SHF_ALLOC | SHF_EXECINSTR, 16);
  readonly strings = this.section('.ksplice_str', SHF_ALLOC, 1);
  readonly symbols = this.table('.ksplice_symbols', SIZE.symbol);
  readonly relocs = this.table('.ksplice_relocs', SIZE.reloc);
  readonly siteRelocs = this.table('.ksplice_site_relocs', SIZE.reloc);
  readonly sites = this.table('.ksplice_sites', SIZE.site);
  readonly sections = this.table('.ksplice_sections', SIZE.section);
  readonly patches = this.table('.ksplice_patches', SIZE.patch);
  readonly ranges = this.table('.ksplice_ranges', SIZE.range);
  readonly hooks = this.table('.ksplice_hooks', SIZE.hook);
  readonly exports = this.table('.ksplice_exports', SIZE.export);

  constructor(
    readonly kernel: UpdateKernel,
    readonly id: string,
    /** What is changed: `vmlinux`, or a module. */
    readonly target: string,
    readonly role: 'new' | 'old',
  ) {}

  /** Name of the module as the kernel lists it. */
  get name(): string {
    return moduleName(this.id, this.target, this.role);
  }

  section(name: string, flags: number, align: number, nobits = false): ModuleSection {
    const section = new ModuleSection(name, flags, align, nobits);
    this.#sections.push(section);
    return section;
  }

  table(name: string, entrySize: number): Table {
    return { section: this.section(name, SHF_ALLOC, 4), entrySize };
  }

  /** A NUL-terminated string among those of the tables, each stored once. */
  string(text: string): Place {
    const known = this.#strings.get(text);
    if (known) return known;
    const place = this.strings.append(Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0) & 0xff));
    this.#strings.set(text, place);
    return place;
  }

  /** Names a function in the module's symbol table. */
  nameFunction(name: string, place: Place, size: number): void {
    this.#functions.push({ name, place, size });
  }

  /** The finished module. */
  build(description: string): Uint8Array {
    const self = this.section('.gnu.linkonce.this_module', SHF_ALLOC | SHF_WRITE, 64);
    const code = this.#descriptor(self);
    const init = this.#entry(code, 'ksplice_register_code');
    const exit = this.#entry(code, 'ksplice_unregister_code');
    this.#thisModule(self);
    const info = [
      `license=GPL`,
      `description=${description}`,
      'depends=',
      `ksplice=${KSPLICE_API_VERSION}`,
      `name=${this.name}`,
      `vermagic=${this.kernel.module.vermagic}`,
    ];
    this.section('.modinfo', SHF_ALLOC, 1).append(new TextEncoder().encode(info.map((line) => `${line}\0`).join('')));
    return this.#write(self, [
      { name: 'init_module', place: init, size: 10 },
      { name: 'cleanup_module', place: exit, size: 10 },
    ]);
  }

  #descriptor(self: ModuleSection): Place {
    const section = this.section('.ksplice_code', SHF_ALLOC, 4);
    section.u32(KSPLICE_MAGIC, KSPLICE_API_VERSION, ROLE[this.role], SIZE.code);
    section.pointer(this.string(this.id));
    section.pointer(this.string(this.target));
    section.pointer(this.string(this.kernel.release));
    section.pointer({ section: self, offset: 0 });
    const { symbols, relocs, siteRelocs, sites, sections, patches, ranges, hooks, exports } = this;
    for (const table of [symbols, relocs, siteRelocs, sites, sections, patches, ranges, hooks, exports]) {
      section.pointer(table.section.size > 0 ? { section: table.section, offset: 0 } : undefined);
      section.u32(table.section.size / table.entrySize);
    }
    return { section, offset: 0 };
  }

  /** `mov $code, %eax; jmp function`: the kernel passes first arguments in registers. */
  #entry(code: Place, callee: string): Place {
    this.text.alignTo(16, 0x90);
    const place = this.text.append(Uint8Array.of(0xb8, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0));
    this.text.refer(place.offset + 1, 'abs32', code, 0);
    this.text.refer(place.offset + 6, 'pc32', { symbol: callee }, -4);
    return place;
  }

  #thisModule(self: ModuleSection): void {
    const { size, nameOffset, initOffset, exitOffset } = this.kernel.module;
    self.reserve(nameOffset);
    self.append(Uint8Array.from(this.name, (character) => character.charCodeAt(0)));
    self.reserve(size - self.size);
    self.refer(initOffset, 'abs32', { symbol: 'init_module' }, 0);
    self.refer(exitOffset, 'abs32', { symbol: 'cleanup_module' }, 0);
  }

  #write(self: ModuleSection, entries: readonly { name: string; place: Place; size: number }[]): Uint8Array {
    const used = this.#sections.filter((section) => section.size > 0);
    const indexOf = new Map(used.map((section, index) => [section, index + 1]));
    const symbols: ElfSymbol[] = [];
    const add = (symbol: Omit<ElfSymbol, 'index' | 'visibility' | 'file'>): number =>
      symbols.push({ index: symbols.length, visibility: 0, file: undefined, ...symbol }) - 1;
    const none = { name: '', value: 0, size: 0, bind: STB_LOCAL, type: STT_NOTYPE, section: 0 };
    add(none);
    const sectionSymbol = new Map(
      used.map((section) => [section, add({ ...none, type: STT_SECTION, section: indexOf.get(section) ?? 0 })]),
    );
    for (const { name, place, size } of this.#functions)
      add({ ...none, name, value: place.offset, size, type: STT_FUNC, section: indexOf.get(place.section) ?? 0 });
    const byName = new Map<string, number>();
    byName.set(
      '__this_module',
      add({
        name: '__this_module',
        value: 0,
        size: self.size,
        bind: STB_GLOBAL,
        type: STT_OBJECT,
        section: indexOf.get(self) ?? 0,
      }),
    );
    for (const { name, place, size } of entries)
      byName.set(
        name,
        add({ name, value: place.offset, size, bind: STB_GLOBAL, type: STT_FUNC, section: indexOf.get(place.section) ?? 0 }),
      );
    const symbolOf = (to: Referent): number => {
      if ('section' in to) return sectionSymbol.get(to.section) ?? 0;
      const known = byName.get(to.symbol) ?? add({ ...none, name: to.symbol, bind: STB_GLOBAL });
      byName.set(to.symbol, known);
      return known;
    };
    const sections = used.map((section, index): ElfSection => ({
      index: index + 1,
      name: section.name,
      type: section.nobits ? SHT_NOBITS : SHT_PROGBITS,
      flags: section.flags,
      size: section.size,
      data: section.nobits ? new Uint8Array(0) : section.bytes,
      align: section.align,
      entsize: 0,
      link: 0,
      info: 0,
      relocations: section.fixups
        .map(({ offset, type, to, addend }): ElfRelocation => ({ offset, type, symbol: symbolOf(to), addend }))
        .sort((a, b) => a.offset - b.offset),
    }));
    const nothing: ElfSection = {
      index: 0,
      name: '',
      type: SHT_NULL,
      flags: 0,
      size: 0,
      data: new Uint8Array(0),
      align: 0,
      entsize: 0,
      link: 0,
      info: 0,
      relocations: [],
    };
    return writeElf({ elfClass: 32, machine: EM_386, flags: 0, sections: [nothing, ...sections], symbols });
  }
}
