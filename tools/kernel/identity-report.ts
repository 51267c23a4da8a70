import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderSource } from '../../src/cli/files.ts';
import { success, type Result } from '../../src/engine/failure.ts';
import { parseManifest } from '../../src/engine/pipeline/manifest.ts';
import { KernelPack, type PackSource } from '../../src/engine/pipeline/pack.ts';
import { Compiler } from '../../src/engine/toolchain/compiler.ts';
import { compareUnits, type ComparedUnit } from './identity.ts';

/** What identity.json says. */
interface Report {
  readonly format: 1;
  /** Hashes of the programs, as WebAssembly. */
  readonly compiler: { readonly id: string; readonly cc1: string; readonly as: string };
  /** Those that vmlinux was linked from. One that differs cannot be shipped. */
  readonly units: Count;
  /** What else of the kernel's build the compiler can make: see `generated` in docs/kernel-pack.md. */
  readonly generated: Count;
}

interface Count {
  readonly compared: number;
  readonly identical: number;
  readonly different: readonly string[];
}

/**
 * Compares all units of the pack in `folder`, or those given, with what the compiler in `toolchainFolder` makes of them. If it
 * was all, writes identity.json into the pack and its manifest. True if every unit is identical.
 */
export async function reportIdentity(
  folder: string,
  toolchainFolder: string,
  only: readonly string[],
  say: (line: string) => void,
): Promise<Result<boolean>> {
  const path = join(folder, 'manifest.json');
  const manifest = parseManifest(new Uint8Array(readFileSync(path)), path);
  if (!manifest.ok) return manifest;
  const pack = await KernelPack.open(onlyPack(folder, manifest.value.id, manifest.value.title));
  if (!pack.ok) return pack;
  const compiler = await Compiler.open(folderSource(toolchainFolder));
  if (!compiler.ok) return compiler;
  const began = performance.now();
  const compared = await compareUnits(pack.value, compiler.value, {
    ...(only.length > 0 && { only }),
    onUnit(unit, done, total) {
      if (!unit.identical) say(`${unit.object}: ${unit.problem ?? 'differs'}`);
      if (done % 100 === 0) say(`${done} of ${total}, ${Math.round((performance.now() - began) / 1000)} s`);
    },
  });
  if (!compared.ok) return compared;
  const [cc1 = '', as = ''] = compiler.value.identity.split(' ');
  const report: Report = {
    format: 1,
    compiler: { id: compiler.value.id, cc1, as },
    units: count(compared.value.filter((unit) => unit.linked)),
    generated: count(compared.value.filter((unit) => !unit.linked)),
  };
  const { units, generated } = report;
  say(
    `${units.identical} of ${units.compared} units and ${generated.identical} of ${generated.compared} generated files are identical, ${Math.round((performance.now() - began) / 1000)} s`,
  );
  if (only.length === 0) writeListed(folder, 'identity.json', `${JSON.stringify(report, null, 2)}\n`);
  return success(units.different.length === 0);
}

/** Writes a file of a pack; if the manifest has its size and hash, it gets the new ones. */
function writeListed(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text);
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, { size: number; sha256: string }> };
  const entry = manifest.files[name];
  if (!entry) return;
  entry.size = Buffer.byteLength(text);
  entry.sha256 = createHash('sha256').update(text).digest('hex');
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

function count(all: readonly ComparedUnit[]): Count {
  const different = all.filter((unit) => !unit.identical).map((unit) => unit.object);
  return { compared: all.length, identical: all.length - different.length, different };
}

/** A pack under construction as the only one there is, whatever its folder is called. */
function onlyPack(folder: string, id: string, title: string): PackSource {
  const files = folderSource(folder);
  const list = new TextEncoder().encode(JSON.stringify({ kernels: [{ id, title }] }));
  return {
    read: (path, limit) =>
      path === 'index.json' ? Promise.resolve(success(list)) : files.read(path.slice(id.length + 1), limit),
  };
}
