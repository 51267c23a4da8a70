import type { Failure, Result } from '../../src/engine/failure.ts';
import type { Session } from '../../src/engine/pipeline/session.ts';
import { kernelText } from '../node/kernel-text.ts';
import { must } from '../node/support.ts';
import { patchOf, programBytes, type Expectation, type Fix } from './corpus.ts';

/** What a patch was built into. */
export interface Built {
  readonly id: string;
  readonly tarball: Uint8Array;
  /** Units that had to be compiled, and those whose object differs. */
  readonly units: number;
  readonly changedUnits: number;
  readonly functions: readonly string[];
}

/** The chain from a patch to an update. */
export type Build = (id: string, patch: Uint8Array) => Promise<Result<Built>>;

/** What became of one fix. `problems` is empty if everything was as the corpus says. */
export interface Outcome {
  readonly fix: Fix;
  /** `applied`, or the code of the refusal. */
  readonly outcome: string;
  readonly problems: readonly string[];
  readonly built?: Built;
  readonly buildMilliseconds: number;
  readonly applyMilliseconds?: number;
  readonly undoMilliseconds?: number;
  readonly stopMicroseconds?: number;
}

/**
 * Takes one fix from its patch to applied and undone in a guest that starts fresh, running its check before, between and after,
 * and compares the kernel's whole text with what it was. What the corpus expects and does not happen is a problem.
 */
export async function runFix(session: Session, build: Build, fix: Fix): Promise<Outcome> {
  const began = performance.now();
  const built = await build(fix.id.replaceAll('-', '_'), patchOf(fix.id));
  const buildMilliseconds = Math.round(performance.now() - began);
  if (!built.ok) return { fix, outcome: built.code, problems: refusalProblems(fix, built), buildMilliseconds };
  const all = { fix, built: built.value, buildMilliseconds };
  const expected = fix.expects === 'applied' ? 'ok' : fix.expects.refused;
  const problems = functionProblems(fix, built.value.functions);

  must(await session.reset());
  for (const program of fix.check?.programs ?? []) {
    must(await session.guest.writeFile(`/usr/local/bin/${program}`, programBytes(program), 0o755));
  }
  problems.push(...(await checkProblems(session, fix, 'before', fix.check?.before)));
  const text = await kernelText(session);
  const applied = must(await session.apply(built.value.tarball));
  const { applyMilliseconds, stopMicroseconds } = applied;
  if (applied.abortCause !== expected) {
    const why = JSON.stringify({ conflicts: applied.conflicts, mismatch: applied.mismatch });
    problems.push(`the core said ${applied.abortCause} and not ${expected} ${why}`);
  }
  if (applied.abortCause !== 'ok') {
    if (text.differences(await kernelText(session)).length > 0) problems.push('refused, and yet the kernel’s text differs');
    return { ...all, outcome: applied.abortCause, problems, applyMilliseconds };
  }
  const jumps = applied.splices.map(({ addr }) => Number(addr)).sort();
  const written = text
    .differences(await kernelText(session))
    .map(({ address }) => address)
    .sort();
  if (jumps.join() !== written.join()) problems.push('the kernel’s text differs elsewhere than at the jumps');
  problems.push(...(await checkProblems(session, fix, 'after', fix.check?.after ?? fix.check?.before)));
  const undone = must(await session.undo(built.value.id));
  if (undone.abortCause !== 'ok') problems.push(`not undone: ${undone.abortCause} ${JSON.stringify(undone.conflicts)}`);
  else if (text.differences(await kernelText(session)).length > 0) problems.push('the kernel’s text is not what it was');
  problems.push(...(await checkProblems(session, fix, 'undone', fix.check?.before)));
  problems.push(...(await logProblems(session)));
  return { ...all, outcome: 'applied', problems, applyMilliseconds, undoMilliseconds: undone.undoMilliseconds, stopMicroseconds };
}

function refusalProblems({ expects }: Fix, found: Failure): string[] {
  const told = `${found.code}: ${found.message} ${JSON.stringify({ where: found.where, expected: found.expected, found: found.found })}`;
  if (expects === 'applied') return [`refused, ${told}`];
  return found.code === expects.refused ? [] : [`expected ${expects.refused}, found ${told}`];
}

function functionProblems({ functions }: Fix, found: readonly string[]): string[] {
  if (functions === undefined || [...functions].sort().join() === [...found].sort().join()) return [];
  return [`replaces ${found.join(', ')} and not ${functions.join(', ')}`];
}

async function checkProblems(session: Session, { check }: Fix, when: string, expected?: Expectation): Promise<string[]> {
  if (!check || !expected) return [];
  const run = must(await session.guest.exec({ command: check.command, user: check.user, timeoutMs: 60_000 }));
  if (run.status === expected.status && expected.stdout.test(run.stdout)) return [];
  return [`${when}, the check gave ${run.status} and ${JSON.stringify(run.stdout + run.stderr)}`];
}

/** Nothing the kernel would complain about may have happened. */
async function logProblems(session: Session): Promise<string[]> {
  const run = must(await session.guest.exec({ command: 'dmesg', user: 'root', timeoutMs: 60_000 }));
  return run.stdout.split('\n').filter((line) => /\b(?:BUG|WARNING|Oops|general protection|stack-protector)\b/.test(line));
}
