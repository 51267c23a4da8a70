import { failure, success, type Result } from '../failure.ts';

/** Reads physical memory; undefined if the range is not in it. */
export type ReadPhysical = (address: number, length: number) => Uint8Array | undefined;

export interface ControlRegisters {
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
}

const PAGING = 0x80000000;
const PSE = 0x10;
const PAE = 0x20;
const PRESENT = 1n;
const LARGE = 0x80n;

/**
 * Translates a virtual address as the processor would for a read by the kernel. Walks the tables itself: v86's translation
 * traps on an unmapped address and changes CR2. Gives the physical address and how many bytes follow it in the same page.
 */
export function translate(
  address: number,
  registers: ControlRegisters,
  read: ReadPhysical,
): Result<{ physical: number; left: number }> {
  const va = address >>> 0;
  if (!(registers.cr0 & PAGING)) return success({ physical: va, left: 0x1000 - (va & 0xfff) });
  const table = (at: number, size: 4 | 8): bigint | undefined => {
    const bytes = read(at, size);
    if (!bytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    return size === 4 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true);
  };
  const pae = (registers.cr4 & PAE) !== 0;
  const size = pae ? 8 : 4;
  const addressBits = pae ? 0xf_ffff_ffff_f000n : 0xffff_f000n;
  let directory = registers.cr3 & 0xfffff000;
  if (pae) {
    const pointer = table((registers.cr3 & 0xffffffe0) + (va >>> 30) * 8, 8);
    if (pointer === undefined || !(pointer & PRESENT)) return unmapped(va);
    directory = Number(pointer & addressBits);
  }
  const largeBits = pae ? 21 : 22;
  const entry = table((directory >>> 0) + ((va >>> largeBits) & (pae ? 0x1ff : 0x3ff)) * size, size);
  if (entry === undefined || !(entry & PRESENT)) return unmapped(va);
  if (entry & LARGE && (pae || registers.cr4 & PSE)) {
    const offset = va & ((1 << largeBits) - 1);
    const base = Number(entry & addressBits) - (Number(entry & addressBits) % 2 ** largeBits);
    return success({ physical: base + offset, left: 2 ** largeBits - offset });
  }
  const page = table(Number(entry & addressBits) + ((va >>> 12) & (pae ? 0x1ff : 0x3ff)) * size, size);
  if (page === undefined || !(page & PRESENT)) return unmapped(va);
  return success({ physical: Number(page & addressBits) + (va & 0xfff), left: 0x1000 - (va & 0xfff) });
}

/** Copies a range of virtual memory, page by page. */
export function readVirtual(
  address: number,
  length: number,
  registers: ControlRegisters,
  read: ReadPhysical,
): Result<Uint8Array> {
  const result = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const place = translate(address + done, registers, read);
    if (!place.ok) return place;
    const count = Math.min(place.value.left, length - done);
    const bytes = read(place.value.physical, count);
    if (!bytes) return unmapped(address + done);
    result.set(bytes, done);
    done += count;
  }
  return success(result);
}

function unmapped(address: number) {
  return failure('bad_address', 'There is no memory at this address of the guest.', {
    where: `0x${(address >>> 0).toString(16).padStart(8, '0')}`,
  });
}
