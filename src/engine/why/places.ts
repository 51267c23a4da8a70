import type { CodePlace, CodeTarget, Piece } from '../diff/changes.ts';
import { targetKey, type Alignment } from './align.ts';
import type { Instruction } from './decode.ts';

/** A piece with its instructions and the rows they are put into. */
export interface PieceListing extends Alignment {
  readonly piece: Piece;
  readonly pre: readonly Instruction[];
  readonly post: readonly Instruction[];
}

/** A place by the instruction it is in, and how far into it: a jump may skip a lock prefix. */
interface At {
  readonly listing: PieceListing;
  /** Of the instruction; their number if it lies behind the last. */
  readonly index: number;
  readonly into: number;
}

/** Places in the pieces of one function, and which of pre and post correspond. Labels name them. */
export class Places {
  readonly #listings: readonly PieceListing[];
  readonly #rows = new Map<PieceListing, { readonly pre: Map<number, number>; readonly post: Map<number, number> }>();
  readonly #labels = new Map<PieceListing, Map<number, string>>();
  #count = 0;

  constructor(listings: readonly PieceListing[]) {
    this.#listings = listings;
    for (const listing of listings) {
      const rows = { pre: new Map<number, number>(), post: new Map<number, number>() };
      listing.slots.forEach(({ pre, post }, row) => {
        if (pre !== undefined) rows.pre.set(pre, row);
        if (post !== undefined) rows.post.set(post, row);
      });
      // A block that moved is named by where it was.
      for (const [post, pre] of listing.moved.toPre) rows.post.set(post, rows.pre.get(pre) ?? -1);
      rows.pre.set(listing.pre.length, listing.slots.length);
      rows.post.set(listing.post.length, listing.slots.length);
      this.#rows.set(listing, rows);
    }
  }

  /** Whether two places correspond. Those outside of this function's pieces do if they have one name. */
  same(pre: CodePlace, post: CodePlace): boolean {
    const [a, b] = [this.#find('pre', pre), this.#find('post', post)];
    if (!a || !b) return !a && !b && pre.symbol === post.symbol && pre.offset === post.offset;
    return a.listing === b.listing && a.into === b.into && this.#row('pre', a) === this.#row('post', b);
  }

  sameTarget(pre: CodeTarget, post: CodeTarget): boolean {
    if (pre.place && post.place) return pre.identity === post.identity && this.same(pre.place, post.place);
    if (pre.table && post.table) {
      const other = post.table;
      return pre.table.length === other.length && pre.table.every((place, index) => this.same(place, other[index] ?? place));
    }
    return !pre.place === !post.place && !pre.table === !post.table && targetKey(pre) === targetKey(post);
  }

  /** What differs between two tables of jump targets, in words. */
  tableDifference(pre: readonly CodePlace[], post: readonly CodePlace[]): string {
    if (pre.length !== post.length) return `The table of jump targets has ${post.length} entries instead of ${pre.length}.`;
    const others = post.map((place, index) => [pre[index] ?? place, place, index] as const).filter(([a, b]) => !this.same(a, b));
    const [first] = others;
    if (!first) return 'The tables of jump targets are the same.';
    const more = others.length > 1 ? `, and ${others.length - 1} more` : '';
    const [a, b] = [this.name('pre', first[0]), this.name('post', first[1])];
    return `Entry ${first[2]} of the table of jump targets leads to ${b}${a === b ? '' : ` instead of ${a}`}${more}.`;
  }

  /** Gives every place that something leads to a label, in the order of the rows. */
  nameTargets(): void {
    const wanted = new Map<PieceListing, Set<number>>();
    const want = (side: 'pre' | 'post', place: CodePlace | undefined): void => {
      const at = place && this.#find(side, place);
      if (!at) return;
      const rows = wanted.get(at.listing);
      if (rows) rows.add(this.#row(side, at));
      else wanted.set(at.listing, new Set([this.#row(side, at)]));
    };
    for (const listing of this.#listings) {
      for (const side of ['pre', 'post'] as const) {
        for (const { branch, references, sites } of listing[side]) {
          want(side, branch);
          for (const { place, table } of references) for (const one of [place, ...(table ?? [])]) want(side, one);
          for (const site of sites) {
            if (site.kind === 'jump') want(side, site.target.place);
            if (site.kind === 'extable') want(side, site.fixup.place);
          }
        }
      }
    }
    for (const listing of this.#listings) {
      const labels = new Map<number, string>();
      for (const row of [...(wanted.get(listing) ?? [])].sort((a, b) => a - b)) labels.set(row, `L${++this.#count}`);
      this.#labels.set(listing, labels);
    }
  }

  /** The label of an instruction, if it has one. */
  labelAt(side: 'pre' | 'post', listing: PieceListing, index: number): string | undefined {
    return this.#labels.get(listing)?.get(this.#row(side, { listing, index, into: 0 }));
  }

  /** A place in words: its label, or the name and offset it has. */
  name(side: 'pre' | 'post', place: CodePlace): string {
    const at = this.#find(side, place);
    const label = at && this.#labels.get(at.listing)?.get(this.#row(side, at));
    if (label === undefined) return `${place.symbol}+0x${place.offset.toString(16)}`;
    return at && at.into > 0 ? `${label}+${at.into}` : label;
  }

  #row(side: 'pre' | 'post', { listing, index }: At): number {
    return this.#rows.get(listing)?.[side].get(index) ?? -1;
  }

  #find(side: 'pre' | 'post', { symbol, offset }: CodePlace): At | undefined {
    const listing = this.#listings.find((one) => one.piece[side]?.symbol === symbol);
    if (!listing || offset < 0) return undefined;
    const list = listing[side];
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.offset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const found = list[low - 1];
    if (!found) return undefined;
    const into = offset - found.offset;
    return into < found.size ? { listing, index: low - 1, into } : { listing, index: list.length, into: into - found.size };
  }
}
