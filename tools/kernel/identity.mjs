// Compiles all units of a pack with the WebAssembly compiler and compares, byte for byte, with the objects that vmlinux was linked
// from; writes identity.json into the pack.
//
//   node identity.mjs PACK_DIR [OBJECT…]     only these units, and no report
//
// Nine minutes on two cores. Exit status 1 if any differs.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../dev/bundle.mjs';
import { ROOT } from '../dev/paths.mjs';

process.env.HOTSPLICE_ROOT ??= ROOT;
const { reportIdentity } = await import(pathToFileURL(await bundle('tools/kernel/identity-report.ts')).href);
const [pack, ...only] = process.argv.slice(2);
const identical = await reportIdentity(resolve(pack), join(ROOT, 'public/toolchain'), only, (line) => console.log(line));
if (!identical.ok) console.error(JSON.stringify(identical, null, 2));
process.exitCode = identical.ok && identical.value ? 0 : 1;
