import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { spawnGcc } from '../../../src/cli/gcc.ts';
import { openToolchain, preferPlainCode } from '../../../src/cli/toolchain.ts';
import type { Changes } from '../../../src/engine/diff/changes.ts';
import { diffObjects, type DiffOptions } from '../../../src/engine/diff/diff.ts';
import { GccPool } from '../../../src/engine/toolchain/gcc-pool.ts';
import type { Toolchain } from '../../../src/engine/toolchain/toolchain.ts';
import { ROOT } from '../../../tools/dev/paths.mjs';
import { must, openPack } from '../support.ts';

export const FOLDER = join(ROOT, 'tests/fixtures/rules');

export const FIXTURES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.slice(0, -'.c'.length));

/** A unit of the kernel whose flags are like those of any other. */
const USUAL_UNIT = 'kernel/sys.o';

interface Pair {
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/**
 * The rules of the differ, each on a small pair of C sources in tests/fixtures/rules, compiled by the project's own GCC with the flags of the pack's
 * units when a test asks for it: before, and with POST defined, after.
 */
export class RuleFixtures {
  readonly toolchain: Toolchain;
  readonly #pool: GccPool;
  readonly #pairs = new Map<string, Promise<Pair>>();
  readonly #files = new Map(
    [...FIXTURES.map((name) => `rules/${name}.c`), 'rules/rules.h', 'rules/ksplice-patch.h', 'objects/kernel.h'].map((path) => [
      `rules/${path.slice(path.indexOf('/') + 1)}`,
      new Uint8Array(readFileSync(join(ROOT, 'tests/fixtures', path))),
    ]),
  );

  private constructor(toolchain: Toolchain, pool: GccPool) {
    this.toolchain = toolchain;
    this.#pool = pool;
  }

  static async open(): Promise<RuleFixtures> {
    preferPlainCode();
    const toolchain = must(await openToolchain(await openPack(), 1));
    const modules = must(await toolchain.compiler.load());
    return new RuleFixtures(toolchain, new GccPool(() => spawnGcc(modules), 1));
  }

  close(): void {
    this.#pool.close();
    this.toolchain.close();
  }

  /** The objects of a fixture. */
  pair(name: string): Promise<Pair> {
    const known = this.#pairs.get(name);
    if (known) return known;
    const made = (async () => ({ pre: await this.#object(name, 'pre'), post: await this.#object(name, 'post') }))();
    this.#pairs.set(name, made);
    return made;
  }

  /** What the differ says to them, or, reversed, to taking the change back. */
  async diff(name: string, options: Partial<DiffOptions> & { readonly reversed?: boolean } = {}): Promise<Changes> {
    const { pre, post } = await this.pair(name);
    const { reversed = false, ...rest } = options;
    return must(diffObjects(reversed ? post : pre, reversed ? pre : post, { objectPath: `rules/${name}.o`, ...rest }));
  }

  /** What the compiler says to a source if it is asked for the kernel's warnings too; nothing if it says nothing. `name`: one for each source. */
  async complaint(name: string, text: string): Promise<string> {
    this.#files.set(`rules/${name}.c`, new TextEncoder().encode(text));
    const run = await this.#run(name, [], /^-(m|O|f|W|std=)/);
    return run.messages.cc1;
  }

  async #object(name: string, side: 'pre' | 'post'): Promise<Uint8Array> {
    if (!FIXTURES.includes(name)) throw new Error(`There is no fixture ${name}.`);
    const source = `rules/${name}.c`;
    const run = await this.#run(name, side === 'post' ? ['-D', 'POST'] : []);
    if (run.kind !== 'made') throw new Error(`${source}: ${run.messages.cc1}${run.messages.as}`);
    expect(run.messages).toEqual({ cc1: '', as: '' });
    return run.output;
  }

  /** Code generation only, as a rule: these sources see none of the kernel's headers. */
  async #run(name: string, more: readonly string[], wanted = /^-(m|O|f|std=)/) {
    const unit = this.toolchain.units.unit(USUAL_UNIT);
    if (!unit) throw new Error(`There is no ${USUAL_UNIT}.`);
    const flags = unit.cc1.filter((flag) => wanted.test(flag) && !flag.startsWith('-fmacro'));
    const source = `rules/${name}.c`;
    const cc1 = ['-quiet', '-nostdinc', ...flags, ...more, source];
    const as = unit.as.filter((flag) => !/^-I|^\./.test(flag));
    const visible = [source, 'rules/rules.h', 'rules/ksplice-patch.h', 'rules/kernel.h'];
    const read = (path: string) => this.#files.get(path) ?? new Uint8Array();
    return must(await this.#pool.run({ unit: `rules/${name}.o`, cc1, as, files: visible, read, changes: new Map() }));
  }
}

/** Names of the functions with that status. */
export const names = (changes: Changes, status: string): string[] =>
  changes.functions.filter((one) => one.status === status).map((one) => one.name);

/** Codes of the refusals, with what they name. */
export const codes = (changes: Changes): [string, string | undefined][] =>
  changes.refusals.map(({ code, symbol }) => [code, symbol]);
