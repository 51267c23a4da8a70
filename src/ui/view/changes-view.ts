import type { Changes, FunctionChange } from '../../engine/diff/changes.ts';

/** A changed function with the unit it belongs to. */
export interface ShownFunction {
  readonly unit: string;
  readonly change: FunctionChange;
}

/** The functions of all units, changed ones first, then new, then removed; by unit within. */
export function shownFunctions(units: readonly Changes[]): readonly ShownFunction[] {
  const order = ['changed', 'new', 'removed'];
  return units
    .flatMap((unit) => unit.functions.map((change) => ({ unit: unit.object, change })))
    .sort((a, b) => order.indexOf(a.change.status) - order.indexOf(b.change.status));
}

/** `kernel/sys.o` → `kernel/sys.c`: what a reader of the source looks for. */
export function sourceOf(unit: string): string {
  return unit.replace(/\.o$/, '.c');
}

/** Bytes of code before and after, all pieces together; nothing on a side that has no code. */
export function sizes(change: FunctionChange): { readonly pre?: number; readonly post?: number } {
  const sum = (side: 'pre' | 'post') => {
    const pieces = change.pieces.flatMap((piece) => piece[side] ?? []);
    return pieces.length === 0 ? undefined : pieces.reduce((total, piece) => total + piece.size, 0);
  };
  return { pre: sum('pre'), post: sum('post') };
}
