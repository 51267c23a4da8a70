import { createRequire } from 'node:module';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { failure, success, type Failure, type Result } from '../engine/failure.ts';
import type { PackSource } from '../engine/pipeline/pack.ts';

/** Largest file a person may hand in. The largest object of the kernel has 1 MB, the largest update some. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 64 * 1024;

/** Reads a file the person named: of any kind, also a pipe, but not without end. */
export async function readInput(path: string, limit = MAX_INPUT_BYTES): Promise<Result<Uint8Array>> {
  const bytes = await readUpTo(path, limit + 1);
  if (!bytes.ok || bytes.value.length <= limit) return bytes;
  return failure('too_large', 'The file is too large.', { where: path, expected: `at most ${limit} bytes` });
}

/** The first `limit` bytes of a file. */
async function readUpTo(path: string, limit: number): Promise<Result<Uint8Array>> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      // A pipe or a device does not know its size; of a file, one byte more is asked for to meet its end.
      let bytes = new Uint8Array(Math.min(size + 1, limit));
      let length = 0;
      for (;;) {
        if (length === bytes.length) {
          const larger = new Uint8Array(Math.min(Math.max(2 * length, READ_BYTES), limit));
          larger.set(bytes);
          bytes = larger;
        }
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, null);
        length += bytesRead;
        if (bytesRead === 0 || length === limit) return success(bytes.subarray(0, length));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    return fileFailure(error, path);
  }
}

/** All object files below a folder, by their path in it with forward slashes, sorted. */
export async function readObjects(folder: string): Promise<Result<Map<string, Uint8Array>>> {
  const objects = new Map<string, Uint8Array>();
  try {
    if (!(await stat(folder)).isDirectory()) {
      return failure('not_a_folder', 'This is not a folder.', {
        where: folder,
        expected: 'a folder with object files, laid out as in the kernel tree',
      });
    }
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.o'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) {
      const bytes = await readInput(path);
      if (!bytes.ok) return bytes;
      objects.set(relative(folder, path).split(sep).join('/'), bytes.value);
    }
  } catch (error) {
    return fileFailure(error, folder);
  }
  if (objects.size === 0)
    return failure('no_objects', 'There are no object files in this folder.', { where: folder, expected: 'files ending in .o' });
  return success(objects);
}

/** The files of a folder laid out as public/kernels, or as `checkedIn`, which is where a checkout has them. */
export function folderSource(folder: string, checkedIn = 'public/kernels'): PackSource {
  return {
    async read(path, limit) {
      const bytes = await readUpTo(join(folder, path), limit + 1);
      return bytes.ok ? bytes : { ...bytes, hint: refetch(checkedIn) };
    },
  };
}

function refetch(folder: string): string {
  const option = folder === 'public/kernels' ? 'Check --packs, if you gave it. ' : '';
  return `${option}In the checkout, \`git checkout -- ${folder}\` brings the files back.`;
}

/** Where the packs are: the --packs option, or the checkout's. */
export function packsFolder(option: string | undefined): string {
  return resolve(option ?? join(process.env['HOTSPLICE_ROOT'] ?? '.', 'public/kernels'));
}

/** v86's WebAssembly, out of its package. */
export async function wasmBytes(): Promise<Uint8Array> {
  const require = createRequire(join(process.env['HOTSPLICE_ROOT'] ?? process.cwd(), 'package.json'));
  return new Uint8Array(await readFile(require.resolve('v86/build/v86.wasm')));
}

/** A failure of the file system as a value; anything else is a bug and goes on. */
export function fileFailure(error: unknown, where: string): Failure {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const words: Record<string, string> = {
    ENOENT: 'There is no such file.',
    EACCES: 'The file may not be opened.',
    EISDIR: 'This is a folder.',
    ENOTDIR: 'A part of this path is not a folder.',
    ENOSPC: 'The disk is full.',
  };
  return failure('file', words[error.code] ?? 'The file cannot be used.', { where, found: error.code, hint: 'Check the path.' });
}
