import { afterAll, beforeAll, beforeEach } from 'vitest';
import { preferPlainCode, openToolchain } from '../../src/cli/toolchain.ts';
import type { FileChange } from '../../src/engine/patch/tree.ts';
import type { ApplyReport } from '../../src/engine/pipeline/report.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import type { Toolchain } from '../../src/engine/toolchain/toolchain.ts';
import { createUpdate, type UpdateUnit } from '../../src/engine/update/create.ts';
import { readUpdate } from '../../src/engine/update/read.ts';
import { must, openPack, openSession } from './support.ts';

/** What becomes of the text of source files. */
export type Edits = Readonly<Record<string, (text: string) => string>>;

/** Replaces a piece of text that must be there. */
export function replacing(from: string, to: string): (text: string) => string {
  return (text) => {
    if (!text.includes(from)) throw new Error(`The source has no ${from}`);
    return text.replace(from, () => to);
  };
}

/** One edit after another. */
export function both(...edits: readonly ((text: string) => string)[]): (text: string) => string {
  return (text) => edits.reduce((now, edit) => edit(now), text);
}

/** Makes updates from edits of the kernel's source with the project's own compiler. */
export class Workshop {
  private constructor(readonly toolchain: Toolchain) {}

  static async open(): Promise<Workshop> {
    preferPlainCode();
    return new Workshop(must(await openToolchain(await openPack(), undefined)));
  }

  close(): void {
    this.toolchain.close();
  }

  async #compile(edits: Edits): Promise<Map<string, UpdateUnit>> {
    const changes: FileChange[] = [];
    for (const [path, edit] of Object.entries(edits)) {
      changes.push({ path, text: edit(must(await this.toolchain.readFile(path))) });
    }
    if (changes.length === 0) return new Map();
    return new Map(must(await this.toolchain.compile(changes)).units.map((unit) => [unit.path, unit]));
  }

  /** An update from the source with the edits `from` (by default as the kernel was built) to the source with the edits `to`. */
  async update(id: string, to: Edits, from: Edits = {}): Promise<Uint8Array> {
    const [before, after] = [await this.#compile(from), await this.#compile(to)];
    const units = [...after.values()].map(({ path, pre, post, target }) => ({
      path,
      pre: before.get(path)?.post ?? pre,
      post,
      ...(target !== undefined && { target }),
    }));
    const { manifest } = await openPack();
    return must(createUpdate({ id, kernel: manifest, units, timestamp: 0 })).tarball;
  }
}

/** A guest, as it was at first before each test of the file, and where its updates are made. */
export interface FreshCore {
  readonly session: Session;
  readonly workshop: Workshop;
}

/** For all tests of a file; `opened` gets both before the first. */
export function freshCore(opened: (core: FreshCore) => void): void {
  let core: FreshCore;
  beforeAll(async () => {
    core = { workshop: await Workshop.open(), session: await openSession() };
    opened(core);
  });
  afterAll(() => {
    core.workshop.close();
    return core.session.close();
  });
  beforeEach(async () => {
    must(await core.session.reset());
  });
}

/** Applies an update that has to go in; tells why if it does not. */
export async function applied(session: Session, tarball: Uint8Array): Promise<ApplyReport> {
  const report = must(await session.apply(tarball));
  if (report.abortCause === 'ok') return report;
  throw new Error(report.trace.map(({ event, fields }) => `${event} ${JSON.stringify(fields)}`).join('\n'));
}

/** The abort cause of an undo. */
export async function undone(session: Session, id: string): Promise<string> {
  return must(await session.undo(id)).abortCause;
}

/** Copies the modules of an update into the guest; gives their names in the order in which they are to be loaded. */
export async function send(session: Session, tarball: Uint8Array): Promise<string[]> {
  const modules = must(readUpdate(tarball)).targets.flatMap(({ newCode, oldCode }) => [newCode, oldCode]);
  for (const { file, bytes } of modules) must(await session.guest.writeFile(`/tmp/${file}`, bytes, 0o600));
  return modules.map(({ file }) => `/tmp/${file}`);
}

/** Runs a command as root and gives its status and what it wrote, whatever the status. */
export async function attempt(session: Session, command: string): Promise<{ status: number; output: string }> {
  const { status, stdout, stderr } = must(await session.guest.exec({ command, user: 'root', timeoutMs: 60_000 }));
  return { status, output: stdout + stderr };
}
