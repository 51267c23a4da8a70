import { hex } from '../bytes.ts';
import { success } from '../failure.ts';
import { sha256 } from './file-source.ts';
import type { ChangedTree } from './changed-tree.ts';
import type { Unit } from './units.ts';

/** Keeps bytes by a name made of what they were made from. What it gives back is not trusted; it may lose or refuse anything. */
export interface BlobStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** What compiling a unit gave. */
export interface CachedUnit {
  /** Undefined: the object of the pack. */
  readonly object: Uint8Array | undefined;
  /** What the compiler said (warnings). */
  readonly messages: { readonly cc1: string; readonly as: string };
}

const FORMAT = 'hotsplice object 1';
const DIGEST_BYTES = 32;
const HEADER_BYTES = DIGEST_BYTES + 5;

/**
 * Results of earlier compiles. The name of a result is a hash over everything it depends on: the compiler, the pack, the unit, and the content of every
 * changed file that the unit may read.
 */
export class ObjectCache {
  readonly #store: BlobStore;
  readonly #identity: string;

  /** `identity` stands for compiler and pack. */
  constructor(store: BlobStore, identity: string) {
    this.#store = store;
    this.#identity = identity;
  }

  /** Name of what compiling the unit gives, its files being `files`; undefined where the browser offers no hashing. */
  async key(unit: Unit, files: readonly string[], tree: ChangedTree): Promise<string | undefined> {
    const parts = [FORMAT, this.#identity, unit.object, ...unit.cc1, '--', ...unit.as];
    const visible = new Set([...files, ...unit.deps]);
    for (const [path, contents] of [...tree.changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!visible.has(path)) continue;
      const digest = contents === null ? success('deleted') : await sha256(contents);
      if (!digest.ok) return undefined;
      parts.push(path, digest.value);
    }
    const key = await sha256(new TextEncoder().encode(parts.map((part) => `${part.length}:${part}`).join('')));
    return key.ok ? key.value : undefined;
  }

  /** What was kept under that name; undefined also if it is damaged. */
  async get(key: string): Promise<CachedUnit | undefined> {
    const bytes = await this.#store.get(key);
    if (!bytes || bytes.length < HEADER_BYTES) return undefined;
    const body = bytes.subarray(DIGEST_BYTES);
    const digest = await sha256(body);
    if (!digest.ok || digest.value !== hex(bytes.subarray(0, DIGEST_BYTES))) return undefined;
    const length = new DataView(body.buffer, body.byteOffset + 1, 4).getUint32(0, true);
    if (5 + length > body.length) return undefined;
    const [cc1 = '', as = ''] = new TextDecoder().decode(body.subarray(5, 5 + length)).split('\0');
    return { object: body[0] === SAME ? undefined : body.slice(5 + length), messages: { cc1, as } };
  }

  /** Keeps a result. */
  async put(key: string, { object, messages }: CachedUnit): Promise<void> {
    const text = new TextEncoder().encode(`${messages.cc1}\0${messages.as}`);
    const bytes = new Uint8Array(HEADER_BYTES + text.length + (object?.length ?? 0));
    const body = bytes.subarray(DIGEST_BYTES);
    body[0] = object ? OTHER : SAME;
    new DataView(body.buffer, body.byteOffset + 1, 4).setUint32(0, text.length, true);
    body.set(text, 5);
    if (object) body.set(object, 5 + text.length);
    const digest = await sha256(body);
    if (!digest.ok) return;
    bytes.set(Uint8Array.from(digest.value.match(/../g) ?? [], (pair) => parseInt(pair, 16)));
    await this.#store.put(key, bytes);
  }
}

const SAME = 0;
const OTHER = 1;
