import { success, type Result } from '../../engine/failure.ts';
import type { Code, Piece } from '../../engine/diff/changes.ts';
import type { Instruction } from '../../workers/disassembler.ts';
import { alignListings, type ListingRow } from '../view/listing.ts';

export type Disassemble = (code: Code) => Promise<Result<readonly Instruction[]>>;

/** Aligned listings of pieces of code, each made once. */
export class Listings {
  #disassemble: Disassemble;
  #made = new WeakMap<Piece, Promise<Result<readonly ListingRow[]>>>();

  constructor(disassemble: Disassemble) {
    this.#disassemble = disassemble;
  }

  of(piece: Piece): Promise<Result<readonly ListingRow[]>> {
    const known = this.#made.get(piece);
    if (known) return known;
    const made = this.#make(piece);
    this.#made.set(piece, made);
    void made.then((result) => {
      if (!result.ok) this.#made.delete(piece);
    });
    return made;
  }

  async #make(piece: Piece): Promise<Result<readonly ListingRow[]>> {
    const none: Result<readonly Instruction[]> = success([]);
    const [pre, post] = await Promise.all([
      piece.pre ? this.#disassemble(piece.pre) : none,
      piece.post ? this.#disassemble(piece.post) : none,
    ]);
    if (!pre.ok) return pre;
    return post.ok ? success(alignListings(pre.value, post.value)) : post;
  }
}
