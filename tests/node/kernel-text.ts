import type { Session } from '../../src/engine/pipeline/session.ts';
import { must } from './support.ts';

/** A stretch of kernel text that differs. */
export interface Difference {
  readonly address: number;
  readonly before: string;
  readonly after: string;
}

/** Bytes between two differing ones that still count as one place: a jump may repeat a byte of what it overwrites. */
const GAP = 5;

/** The kernel's text as it is in memory now. */
export class KernelText {
  readonly #start: number;
  readonly #bytes: Uint8Array;

  constructor(start: number, bytes: Uint8Array) {
    this.#start = start;
    this.#bytes = bytes;
  }

  /** Where `later` differs from this. */
  differences(later: KernelText): Difference[] {
    const found: Difference[] = [];
    for (let i = 0; i < this.#bytes.length; i++) {
      if (this.#bytes[i] === later.#bytes[i]) continue;
      const begin = i;
      let end = i + 1;
      for (; i < this.#bytes.length && i - end < GAP; i++) if (this.#bytes[i] !== later.#bytes[i]) end = i + 1;
      const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(begin, end)).toString('hex');
      found.push({ address: this.#start + begin, before: hex(this.#bytes), after: hex(later.#bytes) });
    }
    return found;
  }
}

const bounds = new WeakMap<Session, readonly [number, number]>();

/** Copies the kernel's text out of the guest's memory. */
export async function kernelText(session: Session): Promise<KernelText> {
  let range = bounds.get(session);
  if (!range) {
    const map = must(await session.pack.text('systemMap'));
    const address = (name: string) => parseInt(new RegExp(`^([0-9a-f]{8}) . ${name}$`, 'm').exec(map)?.[1] ?? '', 16);
    range = [address('_stext'), address('_etext')];
    if (!(range[0] < range[1])) throw new Error('System.map has no _stext and _etext.');
    bounds.set(session, range);
  }
  const [start, end] = range;
  return new KernelText(start, must(session.machine.readVirtual(start, end - start)));
}
