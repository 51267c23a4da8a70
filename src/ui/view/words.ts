/** Numbers as a person reads them. A narrow space groups thousands; a number and its unit stay on one line. */
const THIN = '\u202f';
const GAP = '\u00a0';

/** 1234567 → 1 234 567. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** `plural(1, 'try', 'tries')` → 1 try. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)}${GAP}${value === 1 ? one : many}`;
}

/** Nanoseconds → µs, ms or s, three significant digits. */
export function duration(nanoseconds: number): string {
  const scale = [
    { limit: 1e3, by: 1, unit: 'ns' },
    { limit: 1e6, by: 1e3, unit: 'µs' },
    { limit: 1e9, by: 1e6, unit: 'ms' },
  ].find((entry) => nanoseconds < entry.limit) ?? { by: 1e9, unit: 's' };
  return `${digits(nanoseconds / scale.by)}${GAP}${scale.unit}`;
}

function digits(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return count(value);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Sizes in decimal units, as file managers give them. */
export function bytes(value: number): string {
  if (value < 1000) return plural(value, 'byte');
  if (value < 1e6) return `${digits(value / 1e3)}${GAP}KB`;
  return `${digits(value / 1e6)}${GAP}MB`;
}

/** Instructions: 412 000 000 → 412 M. */
export function millions(value: number): string {
  if (value < 1e6) return count(value);
  if (value < 1e9) return `${digits(value / 1e6)}${GAP}M`;
  return `${digits(value / 1e9)}${GAP}G`;
}

/** Seconds → 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => value.toString().padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** `e9a1b2` → ['e9', 'a1', 'b2']; anything that is no pair of hex digits is left out. */
export function bytePairs(hex: string): readonly string[] {
  return hex.toLowerCase().match(/[0-9a-f]{2}/g) ?? [];
}
