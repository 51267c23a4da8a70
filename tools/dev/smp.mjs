/* `npm run test:smp`: whole runs on several processors, under QEMU (Debian's is installed if there is none). HOTSPLICE_CYCLES sets how many. */
import { spawnSync } from 'node:child_process';
import { aptInstall } from './apt.mjs';
import { ensurePackages } from './packages.mjs';
import { ROOT } from './paths.mjs';

const present = () => spawnSync('qemu-system-i386', ['--version']).status === 0;

ensurePackages();
if (!present() && !(aptInstall('qemu-system-x86') && present())) {
  console.error('There is no qemu-system-i386 here; install QEMU.');
  process.exit(1);
}
process.exit(spawnSync('npx', ['vitest', 'run', '--project', 'smp'], { cwd: ROOT, stdio: 'inherit' }).status ?? 1);
