import { failure, success, type Result } from '../../engine/failure.ts';

/** Larger files are no patches; they are not even read. */
const MAX_FILE = 6 * 1024 * 1024;

/** The bytes of a file that somebody dropped or chose. Failures: `patch_too_large`, `file_unreadable`. */
export async function readPatchFile(file: Blob): Promise<Result<Uint8Array>> {
  if (file.size > MAX_FILE) {
    return failure('patch_too_large', 'The file is too large to be a patch.', {
      expected: `at most ${MAX_FILE} bytes`,
      found: `${file.size} bytes`,
      hint: 'Drop one patch, not an archive of many.',
    });
  }
  try {
    return success(new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    // The only thing that speaks in here is the browser, of the file.
    if (!(error instanceof DOMException)) throw error;
    return failure('file_unreadable', 'The file cannot be read.', {
      expected: 'a patch file',
      found: error.message,
      hint: 'If it is a folder, drop a patch out of it. If the file was moved or changed, drop it again.',
    });
  }
}
