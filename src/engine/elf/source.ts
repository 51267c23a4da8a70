import { failure, type Failure, type Result } from '../failure.ts';
import { SHT_NOBITS, SHT_NULL } from './constants.ts';
import { View } from './view.ts';

/** Larger than any object of a kernel; a limit on what untrusted input may cost. */
export const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Names may add up to this many times the size of the file. Those of real objects do not reach it once; a file made to waste time has each of its
 * symbols point into the same long name.
 */
const NAME_BUDGET = 4;

/** Where the contents of a section are. */
export interface Extent {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** Carries a failure out of nested reads, as far as `reading()`. */
class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** Runs a read; what `Source.refuse()` said in it becomes its result. */
export function reading<T>(read: () => Result<T>): Result<T> {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return error.failure;
    throw error;
  }
}

/** The bytes of an untrusted object, and how to say no to them. */
export class Source {
  readonly view: View;
  #names: number;

  constructor(
    bytes: Uint8Array,
    readonly name: string,
  ) {
    this.view = new View(bytes);
    this.#names = NAME_BUDGET * this.view.length;
  }

  refuse(code: string, message: string, details: Partial<Omit<Failure, 'ok' | 'code' | 'message'>> = {}): never {
    throw new Refused(failure(code, message, { where: this.name, ...details }));
  }

  malformed(message: string, found?: number | string, expected?: string): never {
    return this.refuse('elf_malformed', message, {
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found: `${found}` }),
    });
  }

  /** Checks a name that was read, of `what`: it must exist, and all together must be no longer than names can be in a file of this size. */
  named(name: string | undefined, what: string): string {
    if (name === undefined) return this.malformed(`The name of ${what} lies outside of the name table.`);
    this.#names -= name.length;
    if (this.#names < 0) this.malformed('The names of the sections and symbols lie on top of each other.');
    return name;
  }

  truncated(what: string): never {
    return this.refuse('elf_truncated', `The object ends before its ${what}.`, {
      found: `${this.view.length} bytes`,
      hint: 'Get a complete copy of the object.',
    });
  }

  /** A view of the contents of a section; nothing is copied. */
  contents(section: Extent, what: string): Uint8Array {
    if (section.type === SHT_NULL || section.type === SHT_NOBITS) return new Uint8Array(0);
    if (!this.view.has(section.offset, section.size)) return this.truncated(what);
    return this.view.bytes.subarray(section.offset, section.offset + section.size);
  }
}
