import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { spawnGcc } from '../../src/cli/gcc.ts';
import { openToolchain, preferPlainCode } from '../../src/cli/toolchain.ts';
import { GccPool } from '../../src/engine/toolchain/gcc-pool.ts';
import type { Toolchain } from '../../src/engine/toolchain/toolchain.ts';
import { ROOT } from '../../tools/dev/paths.mjs';
import { must, openPack } from './support.ts';

const FOLDER = join(ROOT, 'tests/fixtures/rules');
/** Pairs of C sources, each compiled before and, with POST defined, after. */
export const FIXTURES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.slice(0, -'.c'.length));
/** A unit of the kernel whose flags are like those of any other. */
const USUAL_UNIT = 'kernel/sys.o';
const HEADERS = ['rules/rules.h', 'rules/ksplice-patch.h', 'rules/kernel.h'];

const files = new Map(
  [...FIXTURES.map((name) => `rules/${name}.c`), 'rules/rules.h', 'rules/ksplice-patch.h', 'objects/kernel.h'].map((path) => [
    `rules/${path.slice(path.indexOf('/') + 1)}`,
    new Uint8Array(readFileSync(join(ROOT, 'tests/fixtures', path))),
  ]),
);

export interface Pair {
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
}

/** The pairs of tests/fixtures/rules, compiled by the project's own GCC with the flags of the pack's units. */
export interface Rules {
  readonly pairOf: (name: string) => Pair;
  /** Compiles one more source with all the flags of the usual unit that concern code and warnings; gives what the compiler says. */
  readonly complaint: (text: string) => Promise<string>;
  readonly toolchain: Toolchain;
  readonly close: () => void;
}

export async function openRules(): Promise<Rules> {
  preferPlainCode();
  const pack = await openPack();
  const toolchain = must(await openToolchain(pack, 1));
  const modules = must(await toolchain.compiler.load());
  const pool = new GccPool(() => spawnGcc(modules), 1);
  const unit = toolchain.units.unit(USUAL_UNIT);
  if (!unit) throw new Error(`The pack has no ${USUAL_UNIT}.`);
  const as = unit.as.filter((flag) => !/^-I|^\./.test(flag));
  const run = async (source: string, flags: readonly string[], text?: string) => {
    const cc1 = ['-quiet', '-nostdinc', ...flags, source];
    const read = (path: string) =>
      (path === source && text !== undefined ? new TextEncoder().encode(text) : files.get(path)) ?? new Uint8Array();
    return must(
      await pool.run({ unit: source.replace(/c$/, 'o'), cc1, as, files: [source, ...HEADERS], read, changes: new Map() }),
    );
  };
  // Code generation only: these sources see none of the kernel's headers.
  const flags = unit.cc1.filter((flag) => /^-(m|O|f|std=)/.test(flag) && !flag.startsWith('-fmacro'));
  const object = async (name: string, side: 'pre' | 'post'): Promise<Uint8Array> => {
    const made = await run(`rules/${name}.c`, [...flags, ...(side === 'post' ? ['-D', 'POST'] : [])]);
    if (made.kind !== 'made') throw new Error(`${name}: ${made.messages.cc1}${made.messages.as}`);
    expect(made.messages).toEqual({ cc1: '', as: '' });
    return made.output;
  };
  let complaints = 0;
  const pairs = new Map<string, Pair>();
  for (const name of FIXTURES) pairs.set(name, { pre: await object(name, 'pre'), post: await object(name, 'post') });
  return {
    toolchain,
    pairOf(name) {
      const pair = pairs.get(name);
      if (!pair) throw new Error(`There is no fixture ${name}.`);
      return pair;
    },
    async complaint(text) {
      const warnings = unit.cc1.filter((flag) => flag.startsWith('-W'));
      // The pool keeps what it has read of a path.
      const made = await run(`rules/complaint_${complaints++}.c`, [...flags, ...warnings], text);
      return made.kind === 'made' ? '' : made.messages.cc1;
    },
    close() {
      pool.close();
      toolchain.close();
    },
  };
}
