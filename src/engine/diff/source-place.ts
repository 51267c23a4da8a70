import { STT_FILE } from '../elf/constants.ts';
import type { Comparison } from './compare.ts';
import { spanText } from './span.ts';

type Objects = Pick<Comparison, 'objectPath' | 'pre' | 'post'>;

/**
 * The source file of an object in the kernel tree, and, if the symbol's own table entries tell, a line of it that belongs to the symbol: the first that
 * a warning or bug of the function would report.
 */
export function sourceOf({ objectPath, pre, post }: Objects, symbol: string | undefined): { file?: string; line?: number } {
  const name = pre.object.symbols.find(({ type }) => type === STT_FILE)?.name;
  if (name === undefined || !/^[\w.+-]{1,100}$/.test(name)) return {};
  const file = objectPath.slice(0, objectPath.lastIndexOf('/') + 1) + name;
  const lines: number[] = [];
  for (const span of [...pre.spans, ...post.spans]) {
    if (symbol === undefined || lines.length > 0 || !span.symbols.some((one) => one.name === symbol)) continue;
    for (const site of span.sites) {
      const text = site.kind === 'bug' && site.file?.span?.kind === 'string' ? spanText(site.file.span) : '';
      if (site.kind === 'bug' && site.line > 0 && (text === file || text.endsWith(`/${file}`))) lines.push(site.line);
    }
  }
  return lines.length > 0 ? { file, line: Math.min(...lines) } : { file };
}
