import { KSPLICE_NONE, SYMBOL_GLOBAL, SYMBOL_WEAK } from './format.ts';
import type { Label } from './labels.ts';
import type { ModuleBuilder } from './module.ts';

/** The symbols of one module, one per label. */
export class SymbolTable {
  readonly #entries = new Map<string, { index: number; label: Label; section: number; weak: boolean }>();

  /** Index of the symbol with this label. */
  index(label: Label): number {
    const known = this.#entries.get(label.text);
    if (known) return known.index;
    const entry = { index: this.#entries.size, label, section: KSPLICE_NONE, weak: false };
    this.#entries.set(label.text, entry);
    return entry.index;
  }

  /** Says that a pre section begins with the symbol; returns the symbol's index, or undefined if another section has it. */
  define(label: Label, section: number): number | undefined {
    const index = this.index(label);
    const entry = this.#entries.get(label.text);
    if (!entry || entry.section !== KSPLICE_NONE) return undefined;
    entry.section = section;
    entry.weak = label.weak === true;
    return index;
  }

  write(module: ModuleBuilder): void {
    const out = module.symbols.section;
    for (const { label, section, weak } of this.#entries.values()) {
      out.pointer(module.string(label.text));
      out.pointer(label.name === undefined ? undefined : module.string(label.name));
      out.u32(section, (label.global ? SYMBOL_GLOBAL : 0) | (weak ? SYMBOL_WEAK : 0));
    }
  }
}
