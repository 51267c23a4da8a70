import type { CodeSite, CodeTarget, FunctionChange, Piece } from '../diff/changes.ts';
import { success, type Result } from '../failure.ts';
import { align, type Slot } from './align.ts';
import { decodeCode, HERE, type Disassemble, type Instruction } from './decode.ts';
import { differencesOf, shown, type Context } from './difference.ts';
import { Places, type PieceListing } from './places.ts';
import { SITE_WORDS } from './site-difference.ts';
import type { AlignedPiece, Difference, Line, Row } from './why.ts';

/** Tells the line of the source file after a change from that before it; undefined if it is unknown. */
export type LineMap = (line: number) => number | undefined;

/**
 * Puts the instructions of a function, pre and post, side by side, piece by piece, and says what differs. `lineMap`: of the patch, for the function's
 * source; without it a line number that moved is a constant that changed. `certain`: what it says is a line is one, wherever it stands; else it has to
 * be beside the name of a file. Fails with `bad_code`.
 */
export function alignFunction(
  change: FunctionChange,
  disassemble: Disassemble,
  lineMap: LineMap = () => undefined,
  certain = false,
): Result<readonly AlignedPiece[]> {
  const listings: PieceListing[] = [];
  for (const piece of mergeClone(change)) {
    const pre = piece.pre ? decodeCode(piece.pre, disassemble) : success([]);
    if (!pre.ok) return pre;
    const post = piece.post ? decodeCode(piece.post, disassemble) : success([]);
    if (!post.ok) return post;
    listings.push({ piece, pre: pre.value, post: post.value, ...align(pre.value, post.value) });
  }
  const places = new Places(listings);
  places.nameTargets();
  const framePointer = listings.some(({ pre, post }) => [...pre, ...post].some(setsFramePointer));
  const shared: Shared = { places, framePointer, lineMap, certain };
  return success(listings.map((listing) => ({ symbol: listing.piece.symbol, rows: new Rows(listing, shared).all() })));
}

/** Of a function that the compiler made another clone of, the old code stands beside the new. */
function mergeClone({ pieces, reasons }: FunctionChange): readonly Piece[] {
  const clone = reasons.find((reason) => reason.kind === 'clone');
  const [before, after] = [
    pieces.find(({ symbol }) => symbol === clone?.pre),
    pieces.find(({ symbol }) => symbol === clone?.post),
  ];
  if (!before?.pre || !after?.post || before.post || after.pre) return pieces;
  const both: Piece = { symbol: before.symbol, pre: before.pre, post: after.post, decidedBy: 'clone' };
  return pieces.flatMap((piece) => (piece === before ? [both] : piece === after ? [] : [piece]));
}

function setsFramePointer({ mnemonic, operands }: Instruction): boolean {
  return mnemonic === 'mov' && /^[er]bp$/.test(operands[0] ?? '') && /^[er]sp$/.test(operands[1] ?? '');
}

/** A no-operation that nothing is put in place of later. */
function isPadding({ mnemonic, operands, sites, references }: Instruction): boolean {
  if (sites.length > 0 || references.length > 0) return false;
  const [to = '', from = ''] = operands;
  return /^(data16 )?nop$/.test(mnemonic) || (mnemonic === 'lea' && from === `[${to}]`) || (mnemonic === 'xchg' && to === from);
}

/** Rows between a line number and the file name that is passed with it. */
const NEARBY = 4;
const SOURCE_FILE = /^"[\w./-]+\.[chS]"$/;

/** What the pieces of a function have in common. */
interface Shared {
  readonly places: Places;
  readonly framePointer: boolean;
  readonly lineMap: LineMap;
  readonly certain: boolean;
}

class Rows {
  readonly #listing: PieceListing;
  readonly #places: Places;
  readonly #shared: Shared;

  constructor(listing: PieceListing, shared: Shared) {
    this.#listing = listing;
    this.#places = shared.places;
    this.#shared = shared;
  }

  all(): Row[] {
    return this.#listing.slots.map((slot) => this.#row(slot));
  }

  #row(slot: Slot): Row {
    const { pre, post } = this.#listing;
    const [before, after] = [pre[slot.pre ?? -1], post[slot.post ?? -1]];
    const lines = {
      ...(before && slot.pre !== undefined && { pre: this.#line('pre', slot.pre, before) }),
      ...(after && slot.post !== undefined && { post: this.#line('post', slot.post, after) }),
    };
    if (before && after) return { ...lines, differences: differencesOf(before, after, this.#contextOf(slot)) };
    return { ...lines, differences: this.#lonely(slot, before, after) };
  }

  #lonely({ kind, pre = -1, post = -1 }: Slot, before: Instruction | undefined, after: Instruction | undefined): Difference[] {
    const alone = before ?? after;
    if (alone && isPadding(alone)) return [{ kind: 'padding', text: 'It only fills a gap.' }];
    if (kind !== 'moved')
      return [before ? { kind: 'removed', text: 'Only in pre.' } : { kind: 'inserted', text: 'Only in post.' }];
    const { moved } = this.#listing;
    const there = (before ? moved.toPost.get(pre) : moved.toPre.get(post)) ?? 0;
    const other = this.#listing[before ? 'post' : 'pre'][there];
    const words = `In ${before ? 'post' : 'pre'} at +0x${(other?.offset ?? 0).toString(16)}, within a block that moved.`;
    const [one, two] = before ? [before, other] : [other, after];
    const context = this.#contextOf({ kind, pre: before ? pre : there, post: before ? there : post });
    const differences = one && two ? differencesOf(one, two, context) : [];
    return [{ kind: 'moved', text: words }, ...differences.filter((difference) => difference.kind !== 'distance')];
  }

  #contextOf({ pre = 0, post = 0 }: Slot): Context {
    const { lineMap, certain, framePointer } = this.#shared;
    const isLine = (from: number, to: number): boolean =>
      from !== to && lineMap(from) === to && (certain || (this.#namesFile('pre', pre) && this.#namesFile('post', post)));
    return { places: this.#places, isLine, framePointer };
  }

  /** Whether a source file is named beside an instruction, as what reports lines does. */
  #namesFile(side: 'pre' | 'post', index: number): boolean {
    const near = this.#listing[side].slice(Math.max(0, index - NEARBY), index + NEARBY + 1);
    return near.some(
      ({ references, sites }) =>
        references.some(({ to, target }) => to === 'string' && SOURCE_FILE.test(target)) ||
        sites.some((site) => site.kind === 'bug' && site.file !== undefined),
    );
  }

  #line(side: 'pre' | 'post', index: number, instruction: Instruction): Line {
    const label = this.#places.labelAt(side, this.#listing, index);
    const { offset, bytes, mnemonic, sites } = instruction;
    return {
      offset,
      bytes,
      mnemonic,
      operands: this.#operands(side, instruction),
      ...(label !== undefined && { label }),
      notes: sites.map((site) => this.#note(side, site)),
    };
  }

  #operands(side: 'pre' | 'post', { operands, branch, references }: Instruction): string {
    if (branch) return this.#places.name(side, branch);
    let next = 0;
    return operands.join(', ').replaceAll(HERE, () => {
      const reference = references[next++];
      return reference ? this.#target(side, reference) : '?';
    });
  }

  #target(side: 'pre' | 'post', { target, place }: CodeTarget): string {
    return place ? this.#places.name(side, place) : shown(target);
  }

  #note(side: 'pre' | 'post', site: CodeSite): string {
    const { name } = SITE_WORDS[site.kind];
    switch (site.kind) {
      case 'alternative': {
        const targets = site.relocations.map((relocation) => this.#target(side, relocation)).join(', ');
        const with_ =
          site.bytes === '' ? 'nothing' : `${site.bytes.length / 2} bytes${targets ? ` that lead to ${targets}` : ''}`;
        return `${name}: ${site.length} bytes become ${with_} if the processor has feature ${featureText(site.feature)}`;
      }
      case 'jump':
        return `${name}: to ${this.#target(side, site.target)}, as the key ${site.key.target} says`;
      case 'bug':
        return site.file === undefined ? name : `${name}: ${site.file}:${site.line}`;
      case 'extable':
        return `${name}: goes on at ${this.#target(side, site.fixup)}`;
      case 'static-call':
        return `${name}: ${site.key.target}`;
      case 'paravirt':
        return `${name}: operation ${site.type}`;
      case 'lock':
        return name;
    }
  }
}

/** Words of 32 features each, as the kernel counts them; bit 15 says “has not”. */
function featureText(feature: number): string {
  const number = feature & 0x7fff;
  return `${feature & 0x8000 ? 'not ' : ''}${number >> 5}*32+${number & 31}`;
}
