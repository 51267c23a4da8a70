import type { Changes } from '../diff/changes.ts';
import { failure, success, type Failure, type Result } from '../failure.ts';
import { parseChanges } from './changes-schema.ts';
import { isTarget, isUpdateId, KSPLICE_API_VERSION, moduleFile, moduleName } from './format.ts';
import { gunzip } from './gzip.ts';
import { readModule, type ModuleContents } from './module-contents.ts';
import { readTar } from './tar.ts';

/** More than any update has. */
const MAX_TARGETS = 64;

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
  /** What it changes, and the modules for that. The kernel itself or modules of it, one pair for each. */
  readonly targets: readonly UpdateTarget[];
  readonly changes: readonly Changes[];
}

/** One pair of modules. */
export interface UpdateTarget {
  /** `vmlinux`, or the name of a module. */
  readonly target: string;
  readonly newCode: UpdateModule;
  readonly oldCode: UpdateModule;
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
    const targets = this.#targets(id, release);
    if (!targets.ok) return targets;
    return success({
      id,
      kernel: pack,
      release,
      version: uts.get('Version') ?? '',
      machine: uts.get('Machine') ?? '',
      timestamp,
      patch,
      description: this.#text('description')?.trim(),
      targets: targets.value,
      changes,
    });
  }

  /** The lines of `contents`: each names a target and its two modules. */
  #targets(id: string, release: string): Result<UpdateTarget[]> {
    const targets: UpdateTarget[] = [];
    const lines = this.#text('contents')?.trimEnd().split('\n') ?? [];
    for (const line of lines.length <= MAX_TARGETS ? lines : []) {
      const target = /^change (\S+) /.exec(line)?.[1] ?? '';
      if (!isTarget(target, id) || targets.some((one) => one.target === target)) return this.#damaged('contents');
      const newCode = this.#module(id, target, 'new', release);
      if (!newCode.ok) return newCode;
      const oldCode = this.#module(id, target, 'old', release);
      if (!oldCode.ok) return oldCode;
      const [added, old] = [newCode.value, oldCode.value];
      if (line !== `change ${target} ${added.name} ${added.file} ${old.name} ${old.file}`)
        return bad('The list of contents does not name the modules.', 'contents');
      targets.push({ target, newCode: added, oldCode: old });
    }
    return targets.length > 0 ? success(targets) : this.#damaged('contents');
  }

  #module(id: string, target: string, role: 'new' | 'old', release: string): Result<UpdateModule> {
    const file = moduleFile(id, target, role);
    const bytes = this.files.get(`${this.#folder}/${file}`);
    if (!bytes) return bad('A module of the update is missing.', file);
    const contents = readModule(bytes, file);
    if (!contents.ok) return contents;
    const { value } = contents;
    if (value.role !== role || value.id !== id || value.release !== release || value.target !== target)
      return bad('A module belongs to another update.', file);
    return success({ name: moduleName(id, target, role), file, bytes, contents: value });
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
