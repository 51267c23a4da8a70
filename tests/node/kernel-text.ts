import { KernelSymbols } from '../../src/engine/guest/symbols.ts';
import { KernelText } from '../../src/engine/guest/text.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { must } from './support.ts';

const symbolsOf = new WeakMap<Session, KernelSymbols>();

/** Copies the kernel's text out of the guest's memory. */
export async function kernelText(session: Session): Promise<KernelText> {
  let symbols = symbolsOf.get(session);
  if (!symbols) {
    symbols = must(KernelSymbols.parse(must(await session.pack.text('systemMap'))));
    symbolsOf.set(session, symbols);
  }
  return must(KernelText.read(session.machine, symbols));
}
