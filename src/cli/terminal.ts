import type { Session } from '../engine/pipeline/session.ts';

/** Ctrl-], as telnet and many a console use it: the shell in the guest gets every other key. */
const LEAVE = 0x1d;

/**
 * Connects this terminal with the guest's shell until the person presses Ctrl-] or the guest ends. Resolves with the
 * reason if the guest ended by itself.
 */
export async function attachTerminal(session: Session): Promise<string | undefined> {
  const { stdin, stdout } = process;
  const resize = () => void session.guest.resizeTerminal(stdout.columns, stdout.rows);
  resize();
  stdout.on('resize', resize);
  const stopOutput = session.machine.serial.onOutput((bytes) => stdout.write(bytes));
  stdin.setRawMode(true);
  let onKeys: (bytes: Buffer) => void = () => undefined;
  let stopCrash: () => void = () => undefined;
  const reason = await new Promise<string | undefined>((leave) => {
    onKeys = (bytes) => {
      const end = bytes.indexOf(LEAVE);
      session.machine.serial.send(end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) leave(undefined);
    };
    stdin.on('data', onKeys);
    stopCrash = session.machine.onCrash((crash) => {
      if (crash.code !== 'guest_oops') leave(crash.message);
    });
    // The shell wrote its prompt before anybody listened.
    session.machine.serial.send('\r');
  });
  stdin.setRawMode(false);
  stdin.off('data', onKeys);
  stdin.pause();
  stdout.off('resize', resize);
  stopOutput();
  stopCrash();
  return reason;
}
