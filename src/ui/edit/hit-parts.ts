import type { Hit } from '../../workers/toolchain-types.ts';

/** A hit's name in parts, those that match marked. Marks that make no sense are passed over. */
export function parts({ name, marks }: Hit): readonly { readonly text: string; readonly marked: boolean }[] {
  const result: { text: string; marked: boolean }[] = [];
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at || end <= start || end > name.length) continue;
    if (start > at) result.push({ text: name.slice(at, start), marked: false });
    result.push({ text: name.slice(start, end), marked: true });
    at = end;
  }
  if (at < name.length) result.push({ text: name.slice(at), marked: false });
  return result;
}
