import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderSource, readObjects, wasmBytes } from '../../src/cli/files.ts';
import type { Failure, Result } from '../../src/engine/failure.ts';
import { Guest } from '../../src/engine/guest/guest.ts';
import type { Machine } from '../../src/engine/machine/machine.ts';
import { openMachine } from '../../src/engine/pipeline/boot.ts';
import { lessonUpdateId, parseLesson, type Lesson } from '../../src/engine/pipeline/lesson.ts';
import { KernelPack } from '../../src/engine/pipeline/pack.ts';
import { Session, type SessionOptions } from '../../src/engine/pipeline/session.ts';
import { createUpdate } from '../../src/engine/update/create.ts';
import { ROOT } from '../../tools/dev/paths.mjs';

process.env['HOTSPLICE_ROOT'] ??= ROOT;

export interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a person would in a checkout. */
export function hotsplice(...args: string[]): Promise<CommandRun> {
  return new Promise((done) => {
    const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [join(ROOT, 'tools/dev/hotsplice.mjs'), ...args], options, (error, stdout, stderr) => {
      done({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

/** The value, or an exception that tells the whole failure. */
export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { message, code, where, expected, found, hint }: Failure = result;
  throw new Error(`${message} (${code})\n  ${JSON.stringify({ where, expected, found, hint })}`);
}

export async function openPack(): Promise<KernelPack> {
  return must(await KernelPack.open(folderSource(join(ROOT, 'public/kernels'))));
}

export async function openSession(options: Partial<SessionOptions> = {}): Promise<Session> {
  return must(await Session.open({ pack: await openPack(), wasm: await wasmBytes(), ...options }));
}

/** The first pack's machine, running from its snapshot, and the guest in it. */
export async function openGuest(): Promise<{ readonly machine: Machine; readonly guest: Guest; readonly snapshot: Uint8Array }> {
  const { machine, snapshot } = must(await openMachine(await openPack(), await wasmBytes(), 'snapshot'));
  if (!snapshot) throw new Error('The pack has no snapshot.');
  machine.run();
  return { machine, guest: new Guest(machine), snapshot };
}

/** Bytes without a pattern that a mistake could hide in. */
export function noise(size: number, seed = 1): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length: size }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x & 0xff;
  });
}

export interface LessonFiles {
  readonly folder: string;
  readonly lesson: Lesson;
}

/** All lessons of the repository, by number. */
export const LESSONS: readonly LessonFiles[] = readdirSync(join(ROOT, 'lessons'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => {
    const folder = join(ROOT, 'lessons', entry.name);
    return { folder, lesson: must(parseLesson(readFileSync(join(folder, 'lesson.json')), entry.name)) };
  })
  .sort((a, b) => a.lesson.number - b.lesson.number);

export function lessonNumber(number: number): LessonFiles {
  const found = LESSONS.find(({ lesson }) => lesson.number === number);
  if (!found) throw new Error(`There is no lesson ${number}.`);
  return found;
}

export interface UnitObjects {
  readonly path: string;
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/** The objects of a lesson, before and after its patch. */
export async function unitsOf({ folder }: LessonFiles): Promise<UnitObjects[]> {
  const pre = must(await readObjects(join(folder, 'objects/pre')));
  const post = must(await readObjects(join(folder, 'objects/post')));
  return [...post].map(([path, bytes]) => {
    const before = pre.get(path);
    if (!before) throw new Error(`${path} has no pre object.`);
    return { path, pre: before, post: bytes };
  });
}

/** Builds an update for the kernel of the pack. */
export async function buildUpdate(id: string, units: readonly UnitObjects[]): Promise<Uint8Array> {
  const { manifest } = await openPack();
  return must(createUpdate({ id, kernel: manifest, units, timestamp: 0 })).tarball;
}

/** The update of a lesson. */
export async function lessonUpdate(files: LessonFiles): Promise<{ id: string; tarball: Uint8Array }> {
  const id = lessonUpdateId(files.lesson.id);
  return { id, tarball: await buildUpdate(id, await unitsOf(files)) };
}

/** Copies the programs of a lesson into the guest. */
export async function installPrograms(session: Session, { folder, lesson }: LessonFiles): Promise<void> {
  for (const { file, guestPath, mode } of lesson.programs) {
    must(await session.guest.writeFile(guestPath, new Uint8Array(readFileSync(join(folder, file))), mode));
  }
}

/** Runs the check of a lesson. */
export async function runCheck(session: Session, { lesson }: LessonFiles): Promise<{ status: number; stdout: string }> {
  const { command, user, timeoutMs } = lesson.check;
  return must(await session.guest.exec({ command, user, timeoutMs }));
}

/** Runs a command as root and gives its stdout; a status other than 0 is an exception. */
export async function shell({ guest }: { readonly guest: Guest }, command: string): Promise<string> {
  const run = must(await guest.exec({ command, user: 'root', timeoutMs: 60_000 }));
  if (run.status !== 0) throw new Error(`${command}: exit status ${run.status}: ${run.stderr}`);
  return run.stdout;
}
