import { failure, success, type Failure, type Result } from '../failure.ts';
import type { Guest } from '../guest/guest.ts';
import { TraceReader, type TraceRecord } from '../guest/trace.ts';
import { parseConflicts, type Conflict } from './report.ts';

/** The two modules of an update, under the file names they have in its tarball. */
export interface UpdateModules {
  readonly id: string;
  readonly newCode: { readonly file: string; readonly bytes: Uint8Array };
  readonly oldCode: { readonly file: string; readonly bytes: Uint8Array };
}

export interface Verdict {
  readonly stage: 'preparing' | 'applied' | 'reversed';
  readonly abortCause: string;
  readonly conflicts: readonly Conflict[];
}

const FOLDER = '/tmp/hotsplice';
/** Five tries a second apart, and the matching, on a slow host with a busy guest. */
const SPLICE_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 30_000;
const TRACE_CHUNK = 256 * 1024;
const TRACE_POLL_MS = 120;

/** The core in the guest, as its files under /sys/kernel/ksplice and the modules that feed it. */
export class GuestCore {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Copies both modules into the guest. */
  async send(update: UpdateModules): Promise<Result<void>> {
    for (const { file, bytes } of [update.newCode, update.oldCode]) {
      const written = await this.#guest.writeFile(`${FOLDER}/${file}`, bytes, 0o600);
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
    for (const { file } of modules) {
      const name = moduleName(file);
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
   * Writes a stage and gives the core's verdict. The trace is read while the core works; `onRecord` gets every record of this
   * operation, also when the verdict is a refusal.
   */
  async setStage(
    id: string,
    stage: 'applied' | 'reversed',
    trace: TraceReader,
    onRecord: (record: TraceRecord) => void,
  ): Promise<Result<Verdict>> {
    const folder = `/sys/kernel/ksplice/${id}`;
    let working = true;
    const write = this.#run(`echo ${stage} > ${folder}/stage`, SPLICE_TIMEOUT_MS).finally(() => (working = false));
    let broken: Failure | undefined;
    while (working) {
      await Promise.race([write.then(() => undefined), sleep(TRACE_POLL_MS)]);
      const read = await this.#drainTrace(folder, trace, onRecord);
      if (!read.ok) {
        broken = read;
        break;
      }
    }
    const written = await write;
    if (!written.ok) return written;
    broken ??= asFailure(await this.#drainTrace(folder, trace, onRecord));
    if (broken) return broken;
    const files = await this.#run(`cd ${folder} && cat stage abort_cause && cat conflicts`);
    if (!files.ok) return files;
    const [stageNow = '', abortCause = '', ...conflicts] = files.value.stdout.split('\n');
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

  async #drainTrace(folder: string, trace: TraceReader, onRecord: (record: TraceRecord) => void): Promise<Result<void>> {
    for (;;) {
      const part = await this.#guest.readFile(`${folder}/trace`, { offset: trace.offset, max: TRACE_CHUNK });
      if (!part.ok) return part;
      if (part.value.length === 0) return success(undefined);
      const records = trace.push(part.value);
      if (!records.ok) return records;
      records.value.forEach(onRecord);
    }
  }

  #run(command: string, timeoutMs = COMMAND_TIMEOUT_MS) {
    return this.#guest.exec({ command, user: 'root', timeoutMs });
  }
}

/** The name `rmmod` knows: `ksplice-x_vmlinux-new.ko` → `ksplice_x_vmlinux_new`. */
function moduleName(file: string): string {
  return file.replace(/\.ko$/, '').replaceAll('-', '_');
}

function isStage(text: string): text is Verdict['stage'] {
  return text === 'preparing' || text === 'applied' || text === 'reversed';
}

function asFailure(result: Result<unknown>): Failure | undefined {
  return result.ok ? undefined : result;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
