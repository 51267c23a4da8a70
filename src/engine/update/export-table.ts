import { SHF_ALLOC } from '../elf/constants.ts';
import type { Export } from '../diff/exports.ts';
import { EXPORT, hiddenName, RELOC, removedName } from './format.ts';
import type { ModuleBuilder } from './module.ts';
import type { ModuleSection, Place } from './module-section.ts';
import type { Resolved } from './new-code.ts';
import type { SymbolTable } from './symbol-table.ts';

/** The exports that come and go with an update. */
export class ExportTable {
  readonly #added: { readonly one: Export; readonly value: Resolved }[] = [];
  readonly #removed: Export[] = [];

  /** What modules get under the name. */
  add(one: Export, value: Resolved): void {
    this.#added.push({ one, value });
  }

  remove(one: Export): void {
    this.#removed.push(one);
  }

  /**
   * Writes struct kernel_symbol for each new export, hidden, in the tables that the module loader reads: it searches them by halves, so they are
   * sorted. Removed ones come first: a name may do both.
   */
  write(module: ModuleBuilder, symbols: SymbolTable): void {
    for (const { name } of this.#removed.toSorted(byName)) entry(module, name, removedName(module.id, name), undefined, 'remove');
    const added = this.#added.toSorted((a, b) => byName(a.one, b.one));
    for (const gpl of [false, true]) {
      const table = module.section(gpl ? '__ksymtab_gpl' : '__ksymtab', SHF_ALLOC, 4);
      for (const { one, value } of added) {
        if (one.gpl !== gpl) continue;
        const hidden = hiddenName(module.id, one.name);
        const place = table.u32(0, 0, 0);
        field(module, symbols, place, value);
        distance(table, place.offset + 4, module.string(hidden));
        distance(table, place.offset + 8, module.string(one.namespace ?? ''));
        entry(module, one.name, hidden, place, 'add');
      }
    }
  }
}

/** All fields of a kernel_symbol hold distances. */
function distance(table: ModuleSection, offset: number, to: Place): void {
  table.refer(offset, 'pc32', to, 0);
}

function field(module: ModuleBuilder, symbols: SymbolTable, at: Place, { place, located }: Resolved): void {
  if (place) return distance(at.section, at.offset, place);
  const out = module.relocs.section;
  out.pointer(at);
  out.u32(symbols.index(located.label), located.addend, RELOC.pc32);
}

function entry(module: ModuleBuilder, name: string, hidden: string, at: Place | undefined, kind: keyof typeof EXPORT): void {
  const out = module.exports.section;
  out.pointer(module.string(name));
  out.pointer(module.string(hidden));
  out.pointer(at);
  out.u32(EXPORT[kind]);
}

function byName(a: Export, b: Export): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
