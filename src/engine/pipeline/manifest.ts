import * as v from 'valibot';
import { failure, success, type Result } from '../failure.ts';

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,79}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(4096));

const file = v.object({
  size: v.pipe(count, v.maxValue(256 * 1024 * 1024)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  role: name,
});

const manifest = v.looseObject({
  format: v.literal(1),
  id: name,
  title: text,
  release: name,
  version: text,
  machine: v.literal('i686'),
  memoryMiB: v.pipe(count, v.minValue(16), v.maxValue(1024)),
  cmdline: text,
  files: v.record(name, file),
  module: v.object({ vermagic: text, size: count, nameOffset: count, initOffset: count, exitOffset: count }),
  snapshot: v.optional(v.looseObject({ v86: text, instructions: v.optional(count) })),
  sources: v.optional(v.array(v.looseObject({ package: text, version: text }))),
  holes: v.optional(v.array(v.looseObject({ id: text, title: text, patch: text, lesson: v.optional(text) }))),
});

/** What a kernel pack says of itself: `public/kernels/<id>/manifest.json`. */
export type Manifest = v.InferOutput<typeof manifest>;

/** One file of a pack, as the manifest lists it. */
export type PackFile = v.InferOutput<typeof file>;

const index = v.object({ kernels: v.array(v.looseObject({ id: name, title: text })) });

/** One row of `public/kernels/index.json`. */
export interface KernelSummary {
  readonly id: string;
  readonly title: string;
}

/** Checks a manifest; `where` names the file in a failure. */
export function parseManifest(bytes: Uint8Array, where: string): Result<Manifest> {
  return parse(manifest, bytes, where, 'bad_manifest');
}

/** Checks a list of kernels. */
export function parseKernelIndex(bytes: Uint8Array, where: string): Result<readonly KernelSummary[]> {
  const parsed = parse(index, bytes, where, 'bad_kernel_index');
  return parsed.ok ? success(parsed.value.kernels) : parsed;
}

function parse<S extends v.GenericSchema>(schema: S, bytes: Uint8Array, where: string, code: string): Result<v.InferOutput<S>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return failure(code, 'The file is not JSON.', {
      where,
      found: error instanceof Error ? error.message : String(error),
      hint: REBUILD,
    });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return success(result.output);
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? 'the document';
  return failure(code, `The value of ${path} is wrong.`, {
    where,
    expected: issue.expected ?? undefined,
    found: issue.received,
    hint: REBUILD,
  });
}

const REBUILD = 'Fetch the kernel pack again, or rebuild it as docs/rebuilding-a-pack.md says.';
