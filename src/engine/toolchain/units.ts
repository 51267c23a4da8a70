import * as v from 'valibot';
import { failure, success, type Failure, type Result } from '../failure.ts';
import { REFETCH } from './file-source.ts';
import { hash, numbers, parseJson, treePath } from './json.ts';

/** How a translation unit of the kernel was compiled, and what was read for it. */
export interface Unit {
  /** Path in the kernel tree (`kernel/sys.o`). */
  readonly object: string;
  readonly source: string;
  /** The module that it is part of, as the running kernel calls it; without, it is part of the kernel itself. */
  readonly module?: string;
  /** Arguments of `cc1`, with the source, without the output. */
  readonly cc1: readonly string[];
  /** Arguments of `as`, without input and output. */
  readonly as: readonly string[];
  /** Every file it reads, its source and generated headers among them. */
  readonly deps: readonly string[];
}

/** A file that the kernel's build makes from others. */
export interface Generated {
  readonly output: string;
  /** Paths or globs: `*` stays within a folder, `**` does not. */
  readonly inputs: readonly string[];
  readonly how: 'asm-offsets' | 'preprocessed' | 'object' | 'script' | 'config';
  /** For what the compiler can make anew. */
  readonly check?: GeneratedCheck;
}

/** How to make a file anew, and what it was. */
export interface GeneratedCheck {
  readonly unit: Unit;
  /** `asm-offsets`: the header that the marks of the assembly text become. */
  readonly text?: string;
  /** `preprocessed`: hash of the compiler's text. `object`: hash of the object, which is linked into a generated file. */
  readonly sha256?: string;
}

const MAX_FILES = 65_536;
const MAX_UNITS = 32_768;
const words = numbers(1024);
const files = numbers(8192);
const moduleName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_]{1,55}$/));
const unit = v.object({ source: treePath, module: v.optional(moduleName), cc1: words, as: words, deps: files });
const generated = v.object({
  output: treePath,
  inputs: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(255))), v.maxLength(4096)),
  how: v.picklist(['asm-offsets', 'preprocessed', 'object', 'script', 'config'] as const),
  source: v.optional(treePath),
  cc1: v.optional(words),
  as: v.optional(words),
  deps: v.optional(files),
  text: v.optional(v.pipe(v.string(), v.maxLength(1024 * 1024))),
  sha256: v.optional(hash),
});
const document = v.object({
  format: v.literal(2),
  files: v.pipe(v.array(treePath), v.maxLength(MAX_FILES)),
  words: v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(MAX_FILES)),
  units: v.pipe(
    v.record(treePath, unit),
    v.check((units) => Object.keys(units).length <= MAX_UNITS, `at most ${MAX_UNITS} units`),
  ),
  generated: v.pipe(v.array(generated), v.maxLength(4096)),
});
type Document = v.InferOutput<typeof document>;
type GeneratedEntry = Document['generated'][number];

const MADE_BY_COMPILER: ReadonlySet<Generated['how']> = new Set(['asm-offsets', 'preprocessed', 'object']);

/** The translation units of a kernel (`units.json`, format 2): which there are, and which read a file. */
export class UnitIndex {
  readonly generated: readonly Generated[];
  readonly #document: Document;
  readonly #numbers: ReadonlyMap<string, number>;
  /** For each file the objects that read it. */
  readonly #readers: readonly (readonly string[])[];

  private constructor(parsed: Document) {
    this.#document = parsed;
    this.#numbers = new Map(parsed.files.map((path, number) => [path, number]));
    const readers: string[][] = parsed.files.map(() => []);
    for (const [object, { deps }] of Object.entries(parsed.units)) for (const number of deps) readers[number]?.push(object);
    this.#readers = readers;
    this.generated = parsed.generated.map((entry) => this.#generated(entry));
  }

  /** Checks `units.json`; fails with `bad_units`. */
  static parse(json: string, where: string): Result<UnitIndex> {
    const parsed = parseJson(document, json, where, 'bad_units');
    if (!parsed.ok) return parsed;
    const { value } = parsed;
    for (const [object, { cc1, as, deps }] of Object.entries(value.units)) {
      const wrong = outside(value, [...cc1, ...as], deps);
      if (wrong) return { ...wrong, where: `${where} ${object}` };
    }
    for (const entry of value.generated) {
      const { output, how, cc1, as, deps } = entry;
      const wrong = outside(value, [...(cc1 ?? []), ...(as ?? [])], deps ?? []);
      if (wrong || (MADE_BY_COMPILER.has(how) && !checkable(entry))) {
        return failure('bad_units', 'A generated file is described wrongly.', { where: `${where} ${output}`, hint: REFETCH });
      }
    }
    return success(new UnitIndex(value));
  }

  /** Objects of all units, sorted as the build lists them. */
  get objects(): readonly string[] {
    return Object.keys(this.#document.units);
  }

  /** The unit of that object. */
  unit(object: string): Unit | undefined {
    const entry = Object.hasOwn(this.#document.units, object) ? this.#document.units[object] : undefined;
    return entry && { object, ...this.#expand(entry) };
  }

  /** The unit compiled from that very file; a file that others include only has none. */
  unitOfSource(source: string): Unit | undefined {
    const object = this.readers(source).find((reader) => this.#document.units[reader]?.source === source);
    return object === undefined ? undefined : this.unit(object);
  }

  /** Objects of the units that read a file; none if the kernel is not built from it. */
  readers(path: string): readonly string[] {
    const number = this.#numbers.get(path);
    return (number === undefined ? undefined : this.#readers[number]) ?? [];
  }

  /** True if any unit, or anything made for one, reads that file. */
  reads(path: string): boolean {
    return this.#numbers.has(path);
  }

  #generated(entry: GeneratedEntry): Generated {
    const { output, inputs, how } = entry;
    if (!checkable(entry)) return { output, inputs, how };
    const { text, sha256 } = entry;
    const unit = { object: output, ...this.#expand(entry) };
    return {
      output,
      inputs,
      how,
      check: { unit, ...(text !== undefined && { text }), ...(sha256 !== undefined && { sha256 }) },
    };
  }

  #expand({ source, module, cc1, as, deps }: Document['units'][string]): Omit<Unit, 'object'> {
    const { words: texts, files: paths } = this.#document;
    return {
      source,
      ...(module !== undefined && { module }),
      cc1: pick(texts, cc1),
      as: pick(texts, as),
      deps: pick(paths, deps),
    };
  }
}

function pick(all: readonly string[], numbers: readonly number[]): string[] {
  return numbers.map((number) => all[number] ?? '');
}

/** True if the entry has all that making it anew and comparing takes. */
function checkable(entry: GeneratedEntry): entry is GeneratedEntry & Document['units'][string] {
  const { how, source, cc1, as, deps, text, sha256 } = entry;
  if (!MADE_BY_COMPILER.has(how) || source === undefined || !cc1 || !as || !deps) return false;
  return (how === 'asm-offsets' ? text : sha256) !== undefined;
}

function outside(
  { words: texts, files: paths }: Document,
  args: readonly number[],
  deps: readonly number[],
): Failure | undefined {
  if (args.every((number) => number < texts.length) && deps.every((number) => number < paths.length)) return undefined;
  return failure('bad_units', 'A unit names a word or a file that is not in the index.', { hint: REFETCH });
}
