import { Command } from 'commander';
import { KernelPack, listKernels } from '../engine/pipeline/pack.ts';
import type { Manifest } from '../engine/pipeline/manifest.ts';
import { folderSource, packsFolder } from './files.ts';
import { Output } from './output.ts';

/** `hotsplice kernels` */
export function kernelsCommand(): Command {
  return new Command('kernels')
    .description('list the kernel packs')
    .option('--json', 'print one JSON document')
    .action(async (_options, command: Command) => {
      const { json, packs } = command.optsWithGlobals<{ json?: boolean; packs?: string }>();
      const output = new Output({ json });
      const source = folderSource(packsFolder(packs));
      const kernels = await listKernels(source);
      if (!kernels.ok) return output.fail(kernels);
      const manifests: Manifest[] = [];
      for (const { id } of kernels.value) {
        const pack = await KernelPack.open(source, id);
        if (!pack.ok) return output.fail(pack);
        manifests.push(pack.value.manifest);
      }
      for (const manifest of manifests) show(output, manifest);
      output.document({ kernels: manifests });
    });
}

function show(output: Output, manifest: Manifest): void {
  const sources = manifest.sources?.map((source) => `${source.package} ${source.version}`).join(', ');
  const size = Object.values(manifest.files).reduce((sum, file) => sum + file.size, 0);
  output.line(output.paint('bold', manifest.id));
  output.line(`  ${manifest.title}`);
  output.line(
    `  Linux ${manifest.release}, ${manifest.machine}, ${manifest.memoryMiB} MiB of memory, ${(size / 1e6).toFixed(1)} MB in all`,
  );
  if (sources) output.line(`  made from ${sources}`);
  for (const hole of manifest.holes ?? []) output.line(`  reopened: ${hole.id} – ${hole.title}`);
}
