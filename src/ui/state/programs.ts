import { success, type Result } from '../../engine/failure.ts';
import type { Program } from '../lesson/lesson.ts';
import type { MachinePort } from '../port.ts';

/** Puts a lesson's programs into the guest. */
export async function installPrograms(port: MachinePort, programs: readonly Program[]): Promise<Result<void>> {
  for (const program of programs) {
    const bytes = await program.load();
    if (!bytes.ok) return bytes;
    const written = await port.writeFile(program.guestPath, bytes.value, program.mode);
    if (!written.ok) return written;
  }
  return success(undefined);
}
