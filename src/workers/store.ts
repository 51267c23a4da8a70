import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { failure, type Failure } from '../engine/failure.ts';

/** What is kept, each with a bound of its own: the pack's and the toolchain's files, and objects compiled before. */
export type Shelf = 'files' | 'objects';

interface Schema extends DBSchema {
  bytes: { key: [Shelf, string]; value: Uint8Array };
  use: { key: [Shelf, string]; value: Use; indexes: { used: [Shelf, number] } };
}

interface Use {
  readonly shelf: Shelf;
  readonly key: string;
  readonly size: number;
  /** When it was last read or written, in milliseconds since 1970; no two are equal. */
  readonly used: number;
}

const DATABASE = 'hotsplice';
const VERSION = 1;
/** Some browsers never answer when their storage is hurt. */
const OPEN_TIMEOUT_MS = 3000;
/** What is thrown out beyond the need, so that not every entry throws one out. */
const SLACK = 0.9;

/**
 * Bytes kept in the browser's storage by key, the least recently used thrown out first. A store that cannot keep anything
 * (a private window, no room) answers all the same: nothing is found, and `note` says why.
 */
export class Store {
  readonly #shelf: Shelf;
  readonly #limit: number;
  readonly #database: IDBPDatabase<Schema> | undefined;
  #size = 0;
  #note: Failure | undefined;

  private constructor(shelf: Shelf, limit: number, database: IDBPDatabase<Schema> | Failure) {
    this.#shelf = shelf;
    this.#limit = limit;
    if ('code' in database) this.#note = database;
    else this.#database = database;
  }

  /** Opens a shelf that holds at most `limit` bytes. */
  static async open(shelf: Shelf, limit: number): Promise<Store> {
    const store = new Store(shelf, limit, await openDatabase());
    await store.#attempt(async (database) => {
      const uses = await database.getAllFromIndex('use', 'used', range(shelf));
      store.#size = uses.reduce((sum, use) => sum + use.size, 0);
      await store.#shrink(database, limit);
    });
    return store;
  }

  /** Why nothing, or nothing more, is kept. */
  get note(): Failure | undefined {
    return this.#note;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#attempt(async (database) => {
      const transaction = database.transaction(['bytes', 'use'], 'readwrite');
      const bytes: unknown = await transaction.objectStore('bytes').get([this.#shelf, key]);
      if (!(bytes instanceof Uint8Array)) return undefined;
      await transaction.objectStore('use').put({ shelf: this.#shelf, key, size: bytes.length, used: now() });
      await transaction.done;
      return bytes;
    });
  }

  /** Keeps the bytes, unless they alone are more than the shelf holds. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.#limit || this.#note) return;
    await this.#attempt(async (database) => {
      if (this.#size + bytes.length > this.#limit) await this.#shrink(database, this.#limit * SLACK - bytes.length);
      try {
        await this.#write(database, key, bytes);
      } catch (error) {
        if (!isQuota(error)) throw error;
        // The browser has less room than the shelf: the newest half stays, and this goes in or nothing more does.
        await this.#shrink(database, this.#size / 2);
        await this.#write(database, key, bytes);
      }
    });
  }

  /** Forgets an entry. */
  async drop(key: string): Promise<void> {
    await this.#attempt((database) => this.#remove(database, key));
  }

  async #write(database: IDBPDatabase<Schema>, key: string, bytes: Uint8Array): Promise<void> {
    const transaction = database.transaction(['bytes', 'use'], 'readwrite');
    const before = await transaction.objectStore('use').get([this.#shelf, key]);
    await Promise.all([
      // A copy: a view would take its whole buffer along.
      transaction.objectStore('bytes').put(bytes.slice(), [this.#shelf, key]),
      transaction.objectStore('use').put({ shelf: this.#shelf, key, size: bytes.length, used: now() }),
      transaction.done,
    ]);
    this.#size += bytes.length - (before?.size ?? 0);
  }

  async #remove(database: IDBPDatabase<Schema>, key: string): Promise<void> {
    const transaction = database.transaction(['bytes', 'use'], 'readwrite');
    const use = await transaction.objectStore('use').get([this.#shelf, key]);
    await Promise.all([
      transaction.objectStore('bytes').delete([this.#shelf, key]),
      transaction.objectStore('use').delete([this.#shelf, key]),
      transaction.done,
    ]);
    this.#size -= use?.size ?? 0;
  }

  /** Throws out what was not used for longest, until at most `limit` bytes are left. */
  async #shrink(database: IDBPDatabase<Schema>, limit: number): Promise<void> {
    if (this.#size <= limit) return;
    const uses = await database.getAllFromIndex('use', 'used', range(this.#shelf));
    this.#size = uses.reduce((sum, use) => sum + use.size, 0);
    for (const { key } of uses) {
      if (this.#size <= limit) break;
      await this.#remove(database, key);
    }
  }

  /** Storage is a convenience: what the browser refuses there is noted, and nothing more is kept. */
  async #attempt<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T | undefined> {
    if (!this.#database || this.#note?.code === UNUSABLE) return undefined;
    try {
      return await work(this.#database);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#note = refusal(error);
      return undefined;
    }
  }
}

async function openDatabase(): Promise<IDBPDatabase<Schema> | Failure> {
  if (typeof indexedDB === 'undefined') return failure(UNUSABLE, NOTHING_KEPT, { hint: HINT });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<Failure>((done) => {
    const found = `no answer within ${OPEN_TIMEOUT_MS / 1000} s`;
    timer = setTimeout(() => done(failure(UNUSABLE, NOTHING_KEPT, { found, hint: HINT })), OPEN_TIMEOUT_MS);
  });
  try {
    const opening = openDB<Schema>(DATABASE, VERSION, {
      upgrade(database) {
        database.createObjectStore('bytes');
        database.createObjectStore('use', { keyPath: ['shelf', 'key'] }).createIndex('used', ['shelf', 'used']);
      },
      // Another tab wants to upgrade or to clear it: it may.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase | null)?.close(),
    });
    return await Promise.race([opening, silent]);
  } catch (error) {
    if (error instanceof DOMException) return refusal(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

let last = 0;

/** The time, later than at the call before: what was used first in one millisecond goes first. */
function now(): number {
  last = Math.max(Date.now(), last + 1 / 1024);
  return last;
}

function range(shelf: Shelf): IDBKeyRange {
  return IDBKeyRange.bound([shelf, 0], [shelf, Infinity]);
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}

function refusal(error: DOMException): Failure {
  const full = isQuota(error);
  return failure(full ? 'storage_full' : UNUSABLE, full ? FULL : NOTHING_KEPT, {
    found: `${error.name}: ${error.message}`,
    hint: HINT,
  });
}

const UNUSABLE = 'no_storage';
const NOTHING_KEPT =
  'The browser keeps nothing for this page, so the compiler and the sources are fetched again at the next visit.';
const FULL = 'The browser has no more room for this page; what is compiled from here on is not kept.';
const HINT = 'Private windows and a full disk do this. Everything works all the same.';
