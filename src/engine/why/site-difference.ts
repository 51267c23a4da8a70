import type { CodeRelocation, CodeSite } from '../diff/changes.ts';
import type { Instruction } from './decode.ts';
import type { Context } from './difference.ts';
import type { Places } from './places.ts';
import type { Difference, DifferenceKind } from './why.ts';

export const SITE_WORDS: Record<CodeSite['kind'], { readonly kind: DifferenceKind; readonly name: string }> = {
  alternative: { kind: 'alternative', name: 'alternative' },
  lock: { kind: 'lock', name: 'lock prefix' },
  jump: { kind: 'jump-label', name: 'jump label' },
  bug: { kind: 'bug', name: 'bug entry' },
  extable: { kind: 'exception', name: 'exception entry' },
  paravirt: { kind: 'paravirt', name: 'paravirt entry' },
  'static-call': { kind: 'static-call', name: 'static call' },
};

/** What special tables say otherwise of two instructions that stand for each other. */
export function siteDifferences(pre: Instruction, post: Instruction, { places, isLine }: Context): Difference[] {
  const kinds = new Set([...pre.sites, ...post.sites].map((site) => site.kind));
  return [...kinds].flatMap((one): Difference[] => {
    const [before, after] = [pre, post].map(({ sites }) => sites.filter((site) => site.kind === one)) as [CodeSite[], CodeSite[]];
    const { kind, name } = SITE_WORDS[one];
    if (before.length < after.length) return [{ kind, text: `It has a new ${name}.` }];
    if (before.length > after.length) return [{ kind, text: `It no longer has its ${name}.` }];
    return before.flatMap((site, index): Difference[] => {
      const other = after[index];
      if (!other || sameSite(site, other, places)) return [];
      if (site.kind === 'bug' && other.kind === 'bug' && sameSite({ ...site, line: other.line }, other, places)) {
        const line = isLine(site.line, other.line) ? 'line' : 'bug';
        return [{ kind: line, text: `A warning that reported line ${site.line} reports line ${other.line}.` }];
      }
      return [{ kind, text: `Its ${name} says something else.` }];
    });
  });
}

function sameSite(a: CodeSite, b: CodeSite, places: Places): boolean {
  if (a.kind === 'alternative' && b.kind === 'alternative') {
    return (
      a.length === b.length &&
      a.feature === b.feature &&
      a.bytes === b.bytes &&
      a.relocations.length === b.relocations.length &&
      a.relocations.every((one, index) => sameField(one, b.relocations[index], places))
    );
  }
  if (a.kind === 'jump' && b.kind === 'jump')
    return a.flags === b.flags && places.sameTarget(a.key, b.key) && places.sameTarget(a.target, b.target);
  if (a.kind === 'bug' && b.kind === 'bug') return a.file === b.file && a.line === b.line && a.flags === b.flags;
  if (a.kind === 'extable' && b.kind === 'extable') {
    const handler = a.handler && b.handler ? places.sameTarget(a.handler, b.handler) : a.handler === b.handler;
    return handler && a.data === b.data && places.sameTarget(a.fixup, b.fixup);
  }
  if (a.kind === 'paravirt' && b.kind === 'paravirt') return a.type === b.type && a.length === b.length;
  if (a.kind === 'static-call' && b.kind === 'static-call') return a.flags === b.flags && places.sameTarget(a.key, b.key);
  return a.kind === b.kind;
}

function sameField(a: CodeRelocation, b: CodeRelocation | undefined, places: Places): boolean {
  return b !== undefined && a.offset === b.offset && a.kind === b.kind && places.sameTarget(a, b);
}
