import { failure, success, type Failure, type Result } from '../failure.ts';
import type { ExecResult, Guest } from '../guest/guest.ts';
import type { TraceReader, TraceRecord } from '../guest/trace.ts';
import type { Update } from '../update/read.ts';
import { parseConflicts, type Conflict } from './report.ts';

/** What the guest needs of an update. */
export type UpdateModules = Pick<Update, 'id' | 'newCode' | 'oldCode'>;

export interface Verdict {
  readonly stage: 'preparing' | 'applied' | 'reversed';
  readonly abortCause: string;
  readonly conflicts: readonly Conflict[];
}

const FOLDER = '/tmp/hotsplice';
/** Five tries a second apart, and the matching, on a slow host with a busy guest. */
const SPLICE_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 30_000;
/** How much longer than the guest itself this side waits. */
const GRACE_MS = 10_000;

/** The core in the guest, as its files under /sys/kernel/ksplice and the modules that feed it. */
export class GuestCore {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Copies both modules into the guest. */
  async send(update: UpdateModules): Promise<Result<void>> {
    for (const { file, bytes } of [update.newCode, update.oldCode]) {
      const written = await within(this.#guest.writeFile(`${FOLDER}/${file}`, bytes, 0o600), COMMAND_TIMEOUT_MS, file);
      if (!written.ok) return written;
    }
    return success(undefined);
  }

  /** Loads new_code, then old_code, which makes the update known to the core. Whatever was loaded stays loaded on failure. */
  async load(update: UpdateModules): Promise<Result<void>> {
    for (const { file } of [update.newCode, update.oldCode]) {
      const run = await this.#run(`insmod ${FOLDER}/${file} && rm -f ${FOLDER}/${file}`);
      if (!run.ok) return run;
      if (run.value.status === 0) continue;
      const log = await this.kernelLog();
      return failure('load_failed', 'The guest’s kernel did not load a module of the update.', {
        where: file,
        found: [run.value.stderr.trim(), ...(log.ok ? log.value.slice(-3) : [])].filter(Boolean).join(' · '),
        hint: 'An update fits one kernel only: check with `hotsplice inspect` which one it was made for.',
      });
    }
    return success(undefined);
  }

  /** Unloads the modules of an update that are loaded, old_code first. */
  async unload(update: UpdateModules, which: 'both' | 'old' = 'both'): Promise<Result<void>> {
    const modules = which === 'old' ? [update.oldCode] : [update.oldCode, update.newCode];
    for (const { name } of modules) {
      const run = await this.#run(`[ ! -d /sys/module/${name} ] || rmmod ${name}`);
      if (!run.ok) return run;
      if (run.value.status !== 0) {
        return failure('unload_failed', 'A module of the update could not be unloaded.', {
          where: name,
          found: run.value.stderr.trim(),
        });
      }
    }
    return success(undefined);
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
    const written = await this.#run(`echo ${stage} > ${folder}/stage`, SPLICE_TIMEOUT_MS);
    const followed = await within(tail.stop(), COMMAND_TIMEOUT_MS, `${folder}/trace`);
    if (!written.ok) return written;
    if (!followed.ok) return followed;
    if (broken) return broken;
    const files = await this.#run(`cd ${folder} && cat stage abort_cause && cat conflicts`);
    if (!files.ok) return files;
    const [stageNow = '', abortCause = '', ...conflicts] = files.value.stdout.split('\n');
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
        found: (files.value.stdout || files.value.stderr || written.value.stderr).slice(0, 200),
      });
    }
    return success({ stage: stageNow, abortCause, conflicts: parseConflicts(conflicts.join('\n')) });
  }

  /** The kernel log, one entry per line. */
  async kernelLog(): Promise<Result<string[]>> {
    const run = await this.#run('dmesg');
    return run.ok ? success(run.value.stdout.split('\n').filter(Boolean)) : run;
  }

  #run(command: string, timeoutMs = COMMAND_TIMEOUT_MS): Promise<Result<ExecResult>> {
    return within(this.#guest.exec({ command, user: 'root', timeoutMs }), timeoutMs + GRACE_MS, command);
  }
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
