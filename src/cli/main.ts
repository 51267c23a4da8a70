import { Command, CommanderError } from 'commander';
import { applyCommand } from './apply.ts';
import { bootCommand } from './boot.ts';
import { compileCommand } from './compile.ts';
import { createCommand } from './create.ts';
import { diffCommand } from './diff.ts';
import { inspectCommand } from './inspect.ts';
import { kernelsCommand } from './kernels.ts';
import { ExitCode } from './output.ts';

const program = new Command('hotsplice')
  .description('Ksplice for a kernel in your pocket: compare objects, make updates, and splice them into a live Linux in v86.')
  .version('0.1.0')
  .option('--packs <folder>', 'where the kernel packs are (default: public/kernels of this checkout)')
  .showHelpAfterError('Try --help.')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  hotsplice boot --exec 'uname -a'
  hotsplice create --patch fix.patch -o fix.tar.gz
  hotsplice apply fix.tar.gz --before 'cat /proc/version' --after 'cat /proc/version' --undo

Or step by step, with objects from any compiler:
  hotsplice compile --patch fix.patch -o objects
  hotsplice diff objects/pre/fs/utimes.o objects/post/fs/utimes.o
  hotsplice create --pre objects/pre --post objects/post -o fix.tar.gz

With --json a command prints one document; a failure is { "error": { code, message, where, expected, found, hint } }.
Exit status: 0 done, 1 refused or failed (the report says why), 2 wrong usage, 130 ended by Ctrl+C.`,
  );

for (const command of [kernelsCommand, bootCommand, compileCommand, diffCommand, createCommand, inspectCommand, applyCommand]) {
  program.addCommand(command().exitOverride().showHelpAfterError('Try --help.'));
}

// Whoever read our output has gone (`hotsplice … | head`): there is nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(ExitCode.Failed);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
}
// A pipe that is still being written drains before the process ends; the machine's timers would keep it alive.
process.stdout.write('', () => process.exit());
