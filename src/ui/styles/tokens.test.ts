import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const LIGHT = colours(CSS.slice(0, CSS.indexOf("[data-theme='dark']")));
const DARK = { ...LIGHT, ...colours(CSS.slice(CSS.indexOf("[data-theme='dark']"))) };

/** Text on ground, as the components use them. WCAG AA asks for 4.5. */
const TEXT: readonly (readonly [string, string])[] = [
  ...['ink', 'ink-2', 'ink-3', 'accent', 'alarm'].flatMap((text) => [[text, 'paper'] as const, [text, 'surface'] as const]),
  ...['ink', 'ink-2', 'ink-3'].map((text) => [text, 'sunken'] as const),
  ['accent', 'accent-wash'],
  ['ink', 'accent-wash'],
  ['alarm', 'alarm-wash'],
  ['old', 'old-wash'],
  ['on-accent', 'accent'],
  ...['word', 'type', 'text', 'number', 'macro'].flatMap((part) => [
    [`code-${part}`, 'surface'] as const,
    [`code-${part}`, 'accent-wash'] as const,
  ]),
  ['screen-ink', 'screen'],
  ['screen-dim', 'screen'],
];
/** Lines and marks that carry meaning: 3. */
const MARKS: readonly (readonly [string, string])[] = [
  ['accent-fill', 'surface'],
  ['alarm', 'surface'],
];

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('the %s colours', (_, theme) => {
  it.each(TEXT)('%s can be read on %s', (text, ground) => expect(contrast(theme, text, ground)).toBeGreaterThanOrEqual(4.5));
  it.each(MARKS)('%s can be seen on %s', (mark, ground) => expect(contrast(theme, mark, ground)).toBeGreaterThanOrEqual(3));
});

function colours(css: string): Record<string, string> {
  return Object.fromEntries(
    [...css.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

function contrast(theme: Record<string, string>, a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(theme[a]), luminance(theme[b])].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string | undefined): number {
  if (!hex) throw new Error('there is no such colour');
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
