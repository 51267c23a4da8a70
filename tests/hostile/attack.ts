import { diffObjects } from '../../src/engine/diff/diff.ts';
import { EM_386, EM_X86_64 } from '../../src/engine/elf/constants.ts';
import { readElf } from '../../src/engine/elf/reader.ts';
import type { Result } from '../../src/engine/failure.ts';
import { createUpdate } from '../../src/engine/update/create.ts';
import { gunzip, gzip } from '../../src/engine/update/gzip.ts';
import { readUpdate } from '../../src/engine/update/read.ts';
import { readTar, writeTar } from '../../src/engine/update/tar.ts';
import { fixtureObject, OBJECT_PAIRS, X86_64_PAIRS } from '../fixtures/objects.ts';
import { ANY_FILE, mutate, OBJECT } from './mutate.ts';
import { Random } from './random.ts';

/** No input of a few kilobytes may take longer. Time of the processor: other programs do not count. */
const MAX_MILLISECONDS = 1000;
/** Memory that an input may take, in multiples of its own size; and what every run takes before it looks at any. */
const MAX_MEMORY_RATIO = 20;
const BASE_MEMORY = 16 * 1024 * 1024;

const CODE = /^[a-z]+(_[a-z]+)*$/;

const PAIRS = [...OBJECT_PAIRS, ...X86_64_PAIRS];
const MACHINES = [EM_386, EM_X86_64];

export interface Outcome {
  /** The code of the failure; undefined for a result. */
  readonly code?: string;
  /** What must not be. */
  readonly problem?: string;
}

/** Runs the case that a seed decides: a damaged object or archive goes through everything that reads it. */
export function attack(seed: number): Outcome {
  const random = new Random(seed);
  switch (random.below(4)) {
    case 0:
      return attackReader(random);
    case 1:
      return attackDiffer(random, 'pre');
    case 2:
      return attackDiffer(random, 'post');
    default:
      return attackUpdate(random);
  }
}

function attackReader(random: Random): Outcome {
  const bytes = mutate(fixtureObject(random.of(PAIRS), random.of(['pre', 'post'] as const)), [...ANY_FILE, ...OBJECT], random);
  return judge(bytes.length, () => readElf(bytes, { machines: MACHINES }));
}

function attackDiffer(random: Random, side: 'pre' | 'post'): Outcome {
  const name = random.of(PAIRS);
  const bad = mutate(fixtureObject(name, side), [flipped, ...OBJECT], random);
  const good = fixtureObject(name, side === 'pre' ? 'post' : 'pre');
  const [pre, post] = side === 'pre' ? [bad, good] : [good, bad];
  return judge(pre.length + post.length, () => diffObjects(pre, post, { objectPath: `${name}.o` }));
}

const [flipped = (bytes: Uint8Array) => bytes] = ANY_FILE;

let tarball: Uint8Array | undefined;

/** An update to damage. */
function update(): Uint8Array {
  if (tarball) return tarball;
  const made = createUpdate({
    id: 'attacked',
    kernel: {
      ...{ id: 'test', release: '6.1.0-test', version: '#1', machine: 'i686' },
      module: { vermagic: '6.1.0-test mod_unload 686', size: 0x180, nameOffset: 0xc, initOffset: 0xbc, exitOffset: 0x168 },
    },
    units: ['sites', 'string', 'cold'].map((name) => ({
      path: `tests/${name}.o`,
      pre: fixtureObject(name, 'pre'),
      post: fixtureObject(name, 'post'),
    })),
    timestamp: 0,
  });
  if (!made.ok) throw new Error(made.message);
  return (tarball = made.value.tarball);
}

/** Damages an update: the compressed file, the archive in it, or one of its modules, with all checksums right again. */
function attackUpdate(random: Random): Outcome {
  const whole = update();
  const depth = random.below(8);
  if (depth === 0) return judgeUpdate(mutate(whole, ANY_FILE, random));
  const tar = gunzip(whole);
  if (!tar.ok) throw new Error(tar.message);
  if (depth === 1) return judgeUpdate(gzip(mutate(tar.value, ANY_FILE, random), 0));
  const files = readTar(tar.value);
  if (!files.ok) throw new Error(files.message);
  const victim = random.of(files.value.filter(({ name }) => depth === 2 || name.endsWith('.ko')));
  const mutations = victim.name.endsWith('.ko') ? [flipped, ...OBJECT] : ANY_FILE;
  const damaged = files.value.map((file) => (file === victim ? { ...file, bytes: mutate(file.bytes, mutations, random) } : file));
  return judgeUpdate(gzip(writeTar(damaged, 0), 0));
}

function judgeUpdate(bytes: Uint8Array): Outcome {
  return judge(bytes.length, () => readUpdate(bytes));
}

function judge(size: number, run: () => Result<unknown>): Outcome {
  const memory = used();
  const time = process.cpuUsage();
  let result: Result<unknown>;
  try {
    result = run();
  } catch (error) {
    return { problem: `an exception: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
  const milliseconds = process.cpuUsage(time).user / 1000;
  if (milliseconds > MAX_MILLISECONDS) return { problem: `took ${Math.round(milliseconds)} ms` };
  const bytes = used() - memory;
  if (bytes > BASE_MEMORY + MAX_MEMORY_RATIO * size) return { problem: `took ${bytes} bytes of memory for ${size}` };
  if (result.ok) return {};
  const { code } = result;
  return CODE.test(code) ? { code } : { problem: `the code ${JSON.stringify(code)} is none` };
}

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
