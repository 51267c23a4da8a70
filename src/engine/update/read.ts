import type { Changes } from '../diff/changes.ts';
import { failure, success, type Failure, type Result } from '../failure.ts';
import { parseChanges } from './changes-schema.ts';
import { isUpdateId, KSPLICE_API_VERSION } from './format.ts';
import { gunzip } from './gzip.ts';
import { readModule, type ModuleContents } from './module-contents.ts';
import { readTar } from './tar.ts';

/** An update, read back and checked. */
export interface Update {
  readonly id: string;
  /** Id of the kernel pack it was made for. */
  readonly kernel: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** The source patch; empty if none was given. */
  readonly patch: string;
  readonly description: string | undefined;
  readonly newCode: UpdateModule;
  readonly oldCode: UpdateModule;
  readonly changes: readonly Changes[];
}

export interface UpdateModule {
  /** As the kernel lists it. */
  readonly name: string;
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly contents: ModuleContents;
}

/**
 * Reads an update's tarball and checks all of it. With `kernel`, it must be for that pack. Failures: `bad_gzip`, `bad_tar`, `bad_update` (a part is
 * missing or contradicts another), `bad_module`, `other_api_version`, `other_kernel`.
 */
export function readUpdate(tarball: Uint8Array, kernel?: { readonly id: string; readonly release: string }): Result<Update> {
  const tar = gunzip(tarball);
  if (!tar.ok) return tar;
  const files = readTar(tar.value);
  if (!files.ok) return files;
  return new UpdateReader(new Map(files.value.map((file) => [file.name, file.bytes]))).read(kernel);
}

class UpdateReader {
  readonly #folder: string;

  constructor(readonly files: ReadonlyMap<string, Uint8Array>) {
    this.#folder = [...files.keys()][0]?.split('/')[0] ?? '';
  }

  read(kernel: { readonly id: string; readonly release: string } | undefined): Result<Update> {
    const id = /^ksplice-(.+)$/.exec(this.#folder)?.[1] ?? '';
    if (!isUpdateId(id)) return bad('The archive is not an update: its folder is not named ksplice-<id>.', this.#folder);
    const api = this.#text('api-version')?.trim();
    if (api !== String(KSPLICE_API_VERSION)) {
      return failure('other_api_version', 'The update has another format.', {
        where: this.#folder,
        expected: `api version ${KSPLICE_API_VERSION}`,
        found: `api version ${api ?? 'missing'}`,
        hint: 'Create the update again with this version of hotsplice.',
      });
    }
    const uts = new Map(
      (this.#text('utsname') ?? '')
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const release = uts.get('Release');
    const pack = this.#text('kernel')?.trim();
    const timestamp = seconds(this.#text('timestamp'));
    const patch = this.#text('patch');
    const changes = parseChanges(this.#text('debug/changes.json') ?? '');
    if (!release) return this.#damaged('utsname');
    if (!pack) return this.#damaged('kernel');
    if (timestamp === undefined) return this.#damaged('timestamp');
    if (patch === undefined) return this.#damaged('patch');
    if (!changes) return this.#damaged('debug/changes.json');
    if (kernel && (kernel.release !== release || kernel.id !== pack)) {
      return failure('other_kernel', 'The update was made for another kernel.', {
        where: this.#folder,
        expected: `${kernel.id} (${kernel.release})`,
        found: `${pack} (${release})`,
        hint: `Boot the kernel pack ${pack}, or create the update for ${kernel.id}.`,
      });
    }
    const newCode = this.#module(id, 'new', release);
    if (!newCode.ok) return newCode;
    const oldCode = this.#module(id, 'old', release);
    if (!oldCode.ok) return oldCode;
    const contents = `change vmlinux ${newCode.value.name} ${newCode.value.file} ${oldCode.value.name} ${oldCode.value.file}`;
    if (this.#text('contents')?.trim() !== contents)
      return bad('The list of contents does not name the two modules.', 'contents');
    return success({
      id,
      kernel: pack,
      release,
      version: uts.get('Version') ?? '',
      machine: uts.get('Machine') ?? '',
      timestamp,
      patch,
      description: this.#text('description')?.trim(),
      newCode: newCode.value,
      oldCode: oldCode.value,
      changes,
    });
  }

  #module(id: string, role: 'new' | 'old', release: string): Result<UpdateModule> {
    const file = `ksplice-${id}_vmlinux-${role}.ko`;
    const bytes = this.files.get(`${this.#folder}/${file}`);
    if (!bytes) return bad('A module of the update is missing.', file);
    const contents = readModule(bytes, file);
    if (!contents.ok) return contents;
    const { value } = contents;
    if (value.role !== role || value.id !== id || value.release !== release || value.target !== 'vmlinux')
      return bad('A module belongs to another update.', file);
    return success({ name: `ksplice_${id}_vmlinux_${role}`, file, bytes, contents: value });
  }

  #text(name: string): string | undefined {
    const bytes = this.files.get(`${this.#folder}/${name}`);
    return bytes && new TextDecoder().decode(bytes);
  }

  #damaged(part: string): Failure {
    const missing = !this.files.has(`${this.#folder}/${part}`);
    return bad(`A part of the update is ${missing ? 'missing' : 'damaged'}.`, part);
  }
}

/** What createUpdate takes as a time, and nothing larger: later code makes dates of it. */
function seconds(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? '';
  return /^\d{1,10}$/.test(digits) && Number(digits) <= 0xffffffff ? Number(digits) : undefined;
}

function bad(message: string, where: string): Failure {
  return failure('bad_update', message, { where, hint: 'Get or make the update again.' });
}
