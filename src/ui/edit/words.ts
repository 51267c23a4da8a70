import type { LoadProgress, Plan } from '../../workers/toolchain-types.ts';
import { plural } from '../view/words.ts';

/** What is being loaded. */
export const LOADS: Readonly<Record<LoadProgress['step'], string>> = {
  indexes: 'Loading the list of the kernel’s files and functions',
  compiler: 'Loading the compiler',
  sources: 'Loading the source',
  trial: 'Trying the compiler on this file, unchanged',
};

/** Seconds as an estimate: `about 6 min`. */
export function about(seconds: number): string {
  if (seconds < 1.5) return 'about a second';
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

/** `412 units, about 6 min`. */
export function planWords(plan: Plan): string {
  return `${plural(plan.units.length, 'unit')}, ${about(plan.seconds)}`;
}
