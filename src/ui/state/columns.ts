import { read, write } from './storage.ts';

/** Widths of the two columns in percent: a text needs less than a source. */
const DEFAULTS = { lesson: [45, 55], edit: [54, 46] } as const;

type Place = keyof typeof DEFAULTS;

/** The widths that a person gave the columns in that place, or those that suit it. */
export function columnWidths(place: Place): number[] {
  const stored = (read(key(place)) ?? '').split(' ').map(Number);
  const sound = stored.length === 2 && stored.every((width) => width >= 10 && width <= 90);
  return sound ? stored : [...DEFAULTS[place]];
}

export function keepColumnWidths(place: Place, widths: readonly number[]): void {
  write(key(place), widths.map((width) => width.toFixed(2)).join(' '));
}

function key(place: Place): string {
  return `hotsplice.columns.${place}`;
}
