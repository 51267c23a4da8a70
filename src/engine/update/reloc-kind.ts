import type { Reference, Site } from '../diff/span.ts';
import type { RelocKind } from './format.ts';

/** How the core fills in the field of a reference. Only i386 objects come here, and reading one refuses every other kind. */
export function relocKind({ kind }: Reference): RelocKind {
  if (kind === 'abs32' || kind === 'pc32') return kind;
  throw new Error(`a reference of kind ${kind} in an i386 object`);
}

/** For a site that only x86-64 objects have. */
export function foreignSite(kind: Site['kind']): Error {
  return new Error(`a site of kind ${kind} in an i386 object`);
}
