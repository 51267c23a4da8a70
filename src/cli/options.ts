import { InvalidArgumentError, Option } from 'commander';
import { ALLOWABLE, type Allowable } from '../engine/diff/refusal.ts';
import type { GuestUser } from '../engine/guest/guest.ts';

/** Collects an option that may be given more than once. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** A file to copy into the guest. */
export interface Put {
  readonly file: string;
  readonly guestPath: string;
}

/** Reads `FILE=GUESTPATH`. */
export function parsePut(text: string, before: Put[] = []): Put[] {
  const equals = text.lastIndexOf('=');
  const put = { file: text.slice(0, equals), guestPath: text.slice(equals + 1) };
  if (equals < 1 || !/^\/[^\0]{1,200}$/.test(put.guestPath)) throw new InvalidArgumentError('Give FILE=/path/in/guest.');
  return [...before, put];
}

/** An id as the core takes it: the names of the modules are made from it. */
export function parseId(text: string): string {
  if (!/^[a-z0-9][a-z0-9_]{0,30}$/.test(text)) {
    throw new InvalidArgumentError('An id has 1 to 31 characters out of a–z, 0–9 and _, and does not start with _.');
  }
  return text;
}

/** A unit and the module that it is part of. */
export interface UnitTarget {
  readonly module: string;
  readonly unit: string;
}

/** Reads `MODULE=UNIT`. */
export function parseTarget(text: string, before: readonly UnitTarget[] = []): UnitTarget[] {
  const match = /^(\w{1,40})=(\S{1,180})$/.exec(text);
  if (!match?.[1] || !match[2])
    throw new InvalidArgumentError('Give MODULE=path/of/unit.o, the module as /proc/modules lists it.');
  return [...before, { module: match[1], unit: match[2] }];
}

/** Seconds since 1970. */
export function parseTimestamp(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('Give whole seconds since 1970.');
  return seconds;
}

/** Seconds a command may take. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds <= 0 || seconds > 86_400) throw new InvalidArgumentError('Give seconds, more than 0.');
  return seconds;
}

/** How many compilers may work side by side. */
export function parseJobs(text: string): number {
  const jobs = Number(text);
  if (!/^\d{1,2}$/.test(text) || jobs < 1 || jobs > 64) throw new InvalidArgumentError('Give a number from 1 to 64.');
  return jobs;
}

/** Turns refusals off of which Ksplice would only have warned. */
export function allowOption(): Option {
  return new Option('--allow <code>', 'let this pass instead of refusing it; repeatable')
    .choices(ALLOWABLE)
    .argParser(parseAllow)
    .default([], 'none');
}

/** Reads the code of a refusal that may be turned off. */
export function parseAllow(text: string, before: readonly Allowable[] = []): Allowable[] {
  const code = ALLOWABLE.find((one) => one === text);
  if (code === undefined) throw new InvalidArgumentError(`Only these can be allowed: ${ALLOWABLE.join(', ')}.`);
  return [...before, code];
}

/** Options of every command that starts a machine. */
export function machineOptions(): Option[] {
  return [
    new Option('--kernel <id>', 'kernel pack (default: the first one)'),
    new Option('--cold', 'boot the kernel from the start instead of restoring the snapshot'),
    new Option('--put <file=path>', 'copy a file into the guest first; repeatable').argParser(parsePut).default([], 'none'),
    new Option('--user <name>', 'who runs the commands').choices(['root', 'student']).default('root'),
    new Option('--timeout <seconds>', 'longest time one command may take').argParser(parseSeconds).default(300),
    new Option('--json', 'print one JSON document'),
  ];
}

export interface MachineOptions {
  readonly kernel?: string;
  readonly cold?: boolean;
  readonly put: readonly Put[];
  readonly user: GuestUser;
  readonly timeout: number;
  readonly json?: boolean;
  readonly packs?: string;
}
