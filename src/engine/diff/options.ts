import { contentSize, hasIdentity, isLabelTable } from './equal.ts';
import { isThrowAway, staticLocalBase } from './names.ts';
import { refusal, type Refusal } from './refusal.ts';
import { spanName, type Span, type Target } from './span.ts';

/** What an author may ask for with a datum, by the names of include/linux/ksplice-patch.h. */
export const OPTION = { assume_rodata: 1, match_data_early: 2 } as const;

type OptionKind = keyof typeof OPTION;

/** Pre variables with which a patch asks for something. */
export interface Options {
  /** Treated as constants: what differs is written over them, after all of their bytes have been compared. */
  readonly assumeRodata: ReadonlySet<Span>;
  /** Matched in the first round already, so that what they point to counts. */
  readonly matchEarly: ReadonlySet<Span>;
}

const SECTION = '.ksplice_options';
/** u32 kind; const void *object. */
const ENTRY_SIZE = 8;

/** Reads the options of a post unit. What they name must be in pre, where the running kernel has it. */
export function readOptions(post: readonly Span[]): Options & { readonly refusals: readonly Refusal[] } {
  const found: Record<OptionKind, Set<Span>> = { assume_rodata: new Set(), match_data_early: new Set() };
  const refusals: Refusal[] = [];
  for (const span of post) {
    if (span.sectionClass !== 'option' || span.size === 0) continue;
    const { bytes, references } = span;
    if (!bytes || span.size % ENTRY_SIZE !== 0 || references.length !== span.size / ENTRY_SIZE) {
      refusals.push(bad(`${SECTION} does not hold options as ksplice-patch.h makes them.`, undefined));
      continue;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    references.forEach(({ offset, kind: field, target }, index) => {
      const number = view.getUint32(index * ENTRY_SIZE, true);
      const kind = (Object.keys(OPTION) as OptionKind[]).find((one) => OPTION[one] === number);
      if (kind === undefined || field !== 'abs32' || offset !== index * ENTRY_SIZE + 4)
        refusals.push(bad(`${SECTION} holds an option of the unknown kind ${number}.`, undefined));
      else {
        const datum = datumOf(kind, target);
        if ('code' in datum) refusals.push(datum);
        else found[kind].add(datum);
      }
    });
  }
  return { assumeRodata: found.assume_rodata, matchEarly: found.match_data_early, refusals };
}

/** The pre variable that an option is about, or why it cannot be. */
function datumOf(kind: OptionKind, { span, offset, ...rest }: Target): Span | Refusal {
  const symbol = span ? spanName(span) : 'name' in rest ? rest.name : '';
  const say = (problem: string): Refusal => bad(`ksplice_${kind}(${symbol}): ${problem}.`, symbol);
  if (!span) return say('it is not defined in this unit');
  if (span.kind !== 'data') return say(span.kind === 'rodata' ? 'it is a constant already' : 'it is no variable');
  if (offset !== 0) return say('only a whole variable can be named');
  if (!span.partner) return say('the running kernel has no such variable');
  return span.partner;
}

function bad(message: string, symbol: string | undefined): Refusal {
  return refusal('bad_option', message, { section: SECTION, ...(symbol !== undefined && { symbol }) });
}

/**
 * Whether a datum that differs is written over where it is: constants that their author has named, of the same size, and variables of which the source
 * says that they are never written to. What compilers and macros make goes with the code that uses it, and what is mergeable has no place of its own.
 */
export function inPlace(pre: Span, post: Span, { assumeRodata }: Options): boolean {
  if (pre.size === 0 || contentSize(pre) !== contentSize(post)) return false;
  // Distances are counted from a place of their own: what is written elsewhere first would hold wrong ones.
  if (![...pre.references, ...post.references].every(({ kind }) => kind.startsWith('abs'))) return false;
  if (pre.kind === 'data') return assumeRodata.has(pre);
  return pre.kind === 'rodata' && hasAuthor(pre) && hasAuthor(post);
}

function hasAuthor(span: Span): boolean {
  const name = span.symbols[0]?.name;
  if (name === undefined || !hasIdentity(span) || isLabelTable(span) || /^CSWTCH\.|^switch\.table\./.test(name)) return false;
  return !isThrowAway(staticLocalBase(name) ?? name);
}
