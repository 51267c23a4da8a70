import { failure, success, type Failure, type Result } from '../failure.ts';
import type { ExecResult, Guest } from '../guest/guest.ts';
import type { TraceReader, TraceRecord } from '../guest/trace.ts';
import type { Update, UpdateModule } from '../update/read.ts';
import { newLines, parseConflicts, type Conflict } from './report.ts';

/** What the guest needs of an update. */
export type UpdateModules = Pick<Update, 'id' | 'targets'>;

export interface Verdict {
  readonly stage: 'preparing' | 'applied' | 'reversed';
  readonly abortCause: string;
  readonly conflicts: readonly Conflict[];
  /** What the kernel said meanwhile. */
  readonly kernelLog: readonly string[];
}

const FOLDER = '/tmp/hotsplice';
/** Five tries a second apart, and the matching, on a slow host with a busy guest. */
const SPLICE_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 30_000;
/** A command of several steps ends with this and the number of the step that failed; no tool in the guest does so itself. */
const FIRST_FAILED = 200;
/** What an operation may add to the kernel's log and still be told whole. */
const LOG_LINES = 400;
/** Of one of the core's files. */
const MAX_FILE = 256 * 1024;
/** How much longer than the guest itself this side waits. */
const GRACE_MS = 10_000;

/** The core in the guest, as its files under /sys/kernel/ksplice and the modules that feed it. */
export class GuestCore {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Copies all modules into the guest. */
  async send(update: UpdateModules): Promise<Result<void>> {
    const written = await Promise.all(
      modulesOf(update).map(({ file, bytes }) =>
        within(this.#guest.writeFile(`${FOLDER}/${file}`, bytes, 0o600), COMMAND_TIMEOUT_MS, file),
      ),
    );
    return written.find((result) => !result.ok) ?? success(undefined);
  }

  /** Loads new_code, then old_code, of each target, which makes the update known to the core. Whatever was loaded stays loaded on failure. */
  async load(update: UpdateModules): Promise<Result<void>> {
    const files = modulesOf(update).map(({ file }) => file);
    const run = await this.#run(files.map((file, at) => `insmod ${FOLDER}/${file} || exit ${FIRST_FAILED + at}`).join('; '));
    const removed = await Promise.all(files.map((file) => this.#guest.removeFile(`${FOLDER}/${file}`)));
    if (!run.ok) return run;
    if (run.value.status !== 0) {
      const log = await this.#kernelLog(3);
      return failure('load_failed', 'The guest’s kernel did not load a module of the update.', {
        where: files[run.value.status - FIRST_FAILED] ?? update.id,
        found: [run.value.stderr.trim(), ...(log.ok ? log.value : [])].filter(Boolean).join(' · '),
        hint: 'An update fits one kernel only: check with `hotsplice inspect` which one it was made for.',
      });
    }
    return removed.find((result) => !result.ok) ?? success(undefined);
  }

  /** Unloads the modules of an update that are loaded, old_code first; `old`: only that. */
  async unload(update: UpdateModules, which: 'both' | 'old' = 'both'): Promise<Result<void>> {
    const modules = modulesOf(update, which === 'old' ? ['oldCode'] : ['newCode', 'oldCode']).reverse();
    const commands = modules.map(({ name }, at) => `[ ! -d /sys/module/${name} ] || rmmod ${name} || exit ${FIRST_FAILED + at}`);
    const run = await this.#run(commands.join('; '));
    if (!run.ok) return run;
    if (run.value.status === 0) return success(undefined);
    return failure('unload_failed', 'A module of the update could not be unloaded.', {
      where: modules[run.value.status - FIRST_FAILED]?.name ?? update.id,
      found: run.value.stderr.trim(),
    });
  }

  /**
   * Writes a stage and gives the core's verdict. The trace is followed while the core works; `onRecord` gets every record of
   * this operation, also when the verdict is a refusal.
   */
  async setStage(
    id: string,
    stage: 'applied' | 'reversed',
    trace: TraceReader,
    onRecord: (record: TraceRecord) => void,
  ): Promise<Result<Verdict>> {
    const folder = `/sys/kernel/ksplice/${id}`;
    let broken: Failure | undefined;
    const tail = this.#guest.tail(`${folder}/trace`, trace.offset, (bytes) => {
      const records = trace.push(bytes);
      if (records.ok) records.value.forEach(onRecord);
      else broken ??= records;
    });
    // Every command is a process in a guest that translates its code anew: what one can do together takes half as long.
    const written = await this.#run(`dmesg | tail -n 1; echo ${stage} > ${folder}/stage`, SPLICE_TIMEOUT_MS);
    const followed = await within(tail.stop(), COMMAND_TIMEOUT_MS, `${folder}/trace`);
    if (!written.ok) return written;
    if (!followed.ok) return followed;
    if (broken) return broken;
    const texts = await Promise.all(['stage', 'abort_cause', 'conflicts'].map((name) => this.#readText(`${folder}/${name}`)));
    const unread = texts.find((text) => !text.ok);
    if (unread) return unread;
    const [stageNow = '', abortCause = '', conflicts = ''] = texts.map((text) => (text.ok ? text.value.trimEnd() : ''));
    if (written.value.status !== 0 && abortCause === 'ok') {
      // Refused before the core looked at the update at all.
      return failure('stage_refused', 'The guest core did not take the stage.', {
        where: `${folder}/stage`,
        expected: stage,
        found: written.value.stderr.trim(),
      });
    }
    if (!isStage(stageNow) || !/^[a-z_]{1,40}$/.test(abortCause)) {
      return failure('bad_guest', 'The guest core gave no verdict.', {
        where: folder,
        expected: 'a stage and an abort cause',
        found: (`${stageNow} ${abortCause}`.trim() || written.value.stderr).slice(0, 200),
      });
    }
    const log = await this.#kernelLog(LOG_LINES);
    if (!log.ok) return log;
    const kernelLog = newLines(written.value.stdout.split('\n').filter(Boolean), log.value);
    return success({ stage: stageNow, abortCause, conflicts: parseConflicts(conflicts), kernelLog });
  }

  /** The end of the kernel log, one entry per line. */
  async #kernelLog(lines: number): Promise<Result<string[]>> {
    const run = await this.#run(`dmesg | tail -n ${lines}`);
    return run.ok ? success(run.value.stdout.split('\n').filter(Boolean)) : run;
  }

  async #readText(path: string): Promise<Result<string>> {
    const bytes = await within(this.#guest.readFile(path, { max: MAX_FILE }), COMMAND_TIMEOUT_MS, path);
    return bytes.ok ? success(new TextDecoder().decode(bytes.value)) : bytes;
  }

  #run(command: string, timeoutMs = COMMAND_TIMEOUT_MS): Promise<Result<ExecResult>> {
    return within(this.#guest.exec({ command, user: 'root', timeoutMs }), timeoutMs + GRACE_MS, command);
  }
}

/** Of each target the modules asked for. */
function modulesOf(
  { targets }: UpdateModules,
  which: readonly ('newCode' | 'oldCode')[] = ['newCode', 'oldCode'],
): UpdateModule[] {
  return targets.flatMap((target) => which.map((one) => target[one]));
}

function isStage(text: string): text is Verdict['stage'] {
  return text === 'preparing' || text === 'applied' || text === 'reversed';
}

/** The guest keeps its own time; if its kernel hangs, nobody there does. */
async function within<T>(work: Promise<Result<T>>, ms: number, where: string): Promise<Result<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<Failure>((end) => {
    const words = { where, expected: `an answer within ${ms} ms`, hint: 'Reset the machine.' };
    timer = setTimeout(() => end(failure('guest_silent', 'The guest does not answer.', words)), ms);
  });
  const result = await Promise.race([work, silence]);
  clearTimeout(timer);
  return result;
}
