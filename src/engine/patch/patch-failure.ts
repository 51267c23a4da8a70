import { failure, type Failure } from '../failure.ts';
import type { Misfit } from './apply-file.ts';
import { withoutEnd } from './lines.ts';

/** A hunk that does not apply: what it expects, and what is there. Lines without their ends. */
export interface HunkFailure {
  readonly path: string;
  /** Which hunk of that file, from 1. */
  readonly index: number;
  /** Line of the file where it should apply, from 1. */
  readonly line: number;
  /** Line of the patch that the hunk begins on, from 1. */
  readonly patchLine: number;
  readonly expected: readonly string[];
  readonly found: readonly string[];
  /** The most similar place; `matches` of its lines are what the hunk expects. It may be the very line. */
  readonly nearest?: { readonly line: number; readonly lines: readonly string[]; readonly matches: number } | undefined;
}

/** Codes `patch_failed` and `already_applied`. */
export interface PatchFailure extends Failure {
  /** The first hunk that does not apply; with `already_applied`, the first one. */
  readonly hunk: HunkFailure;
  /** All of that kind, at most 100 of them. */
  readonly failed: readonly {
    readonly path: string;
    readonly index: number;
    readonly line: number;
    readonly patchLine: number;
  }[];
  readonly hunks: number;
}

/** True if the failure tells which hunk it is about. */
export function isPatchFailure(failure: Failure): failure is PatchFailure {
  return 'hunk' in failure;
}

/** What became of one file's hunks. */
export interface FileOutcome {
  readonly path: string;
  readonly hunks: number;
  readonly misfits: readonly Misfit[];
}

interface Problem {
  readonly path: string;
  readonly misfit: Misfit;
}

const MOST_FAILED = 100;
const SHOWN_LINES = 12;

/** The failure for a whole patch, from the outcomes of its files; nothing if every hunk fits. `absent` files are not in the tree. */
export function describeMisfits(outcomes: readonly FileOutcome[], absent: number): PatchFailure | undefined {
  const all = outcomes.flatMap(({ path, misfits }) => misfits.map((misfit): Problem => ({ path, misfit })));
  const applied = all.filter(({ misfit }) => misfit.applied);
  const failed = all.filter(({ misfit }) => !misfit.applied);
  const hunks = outcomes.reduce((sum, outcome) => sum + outcome.hunks, 0);
  const [first] = failed;
  if (first)
    return {
      ...describeFirst(first, hintsFor(first.misfit, failed, applied, hunks, absent), failed.length, hunks),
      ...facts(failed, hunks),
    };
  const [known] = applied;
  if (!known) return undefined;
  const whole = applied.length === hunks && absent === 0;
  const message = whole
    ? 'The patch is in this kernel already.'
    : `${alreadyIn(applied)} in this kernel already, the rest of the patch is not.`;
  return {
    ...failure(whole ? 'already_applied' : 'patch_failed', message, {
      where: place(known),
      expected: 'the lines as they are before the change',
      found: 'the lines as they are after it',
      hint: whole ? 'There is nothing to update.' : 'Take the patch without what this kernel has.',
    }),
    ...facts(applied, hunks),
    hunk: hunkFailure(known),
  };
}

function describeFirst(first: Problem, hints: readonly string[], failed: number, hunks: number): Failure & { hunk: HunkFailure } {
  const hunk = hunkFailure(first);
  const others = failed > 1 ? ` ${failed} of ${hunks} hunks do not.` : '';
  return {
    ...failure('patch_failed', `Hunk ${hunk.index} of ${hunk.path} does not apply.${others}`, {
      where: place(first),
      expected: shown(hunk.expected),
      found: hunk.found.length > 0 ? shown(hunk.found) : 'the end of the file',
      hint: hints.join(' ') || 'Look at the file as it is in this kernel and make the patch anew.',
    }),
    hunk,
  };
}

function hintsFor(
  { nearest, expected }: Misfit,
  failed: readonly Problem[],
  applied: readonly Problem[],
  hunks: number,
  absent: number,
): string[] {
  const hints: string[] = [];
  if (nearest?.matches === expected.length) {
    hints.push(
      `These lines stand on line ${nearest.line}, where the hunk cannot go: hunks come in the order of the file, and one without unchanged lines behind its change belongs to the end of the file.`,
    );
  } else if (nearest?.whiteSpaceOnly) {
    hints.push(
      `Only white space differs from line ${nearest.line} on: a mail program or an editor changed the patch. Take the file itself.`,
    );
  } else if (nearest) {
    hints.push(
      `The place most like it begins on line ${nearest.line}: ${nearest.matches} of ${expected.length} lines are equal.`,
    );
  }
  if (applied.length > 0) hints.push(`${alreadyIn(applied)} in this kernel already; take the patch without it.`);
  const many = failed.length + absent > 1 && (failed.length * 4 >= hunks || failed.length > 9);
  if (many) hints.push('The patch is probably for another kernel version: look for the one that was made for this version.');
  return hints;
}

function facts(problems: readonly Problem[], hunks: number): Pick<PatchFailure, 'failed' | 'hunks'> {
  const failed = problems.slice(0, MOST_FAILED).map(({ path, misfit }) => {
    return { path, index: misfit.hunk, line: misfit.line, patchLine: misfit.patchLine };
  });
  return { failed, hunks };
}

function hunkFailure({ path, misfit }: Problem): HunkFailure {
  const { nearest } = misfit;
  return {
    path,
    index: misfit.hunk,
    line: misfit.line,
    patchLine: misfit.patchLine,
    expected: misfit.expected.map(withoutEnd),
    found: misfit.found.map(withoutEnd),
    nearest: nearest && { line: nearest.line, lines: nearest.lines.map(withoutEnd), matches: nearest.matches },
  };
}

function place({ path, misfit }: Problem): string {
  return `${path}:${misfit.line} (line ${misfit.patchLine} of the patch)`;
}

function alreadyIn(applied: readonly Problem[]): string {
  const [first] = applied;
  return applied.length === 1 ? `Hunk ${first?.misfit.hunk} of ${first?.path} is` : `${applied.length} hunks are`;
}

function shown(lines: readonly string[]): string {
  const cut = lines.slice(0, SHOWN_LINES).map((line) => line.slice(0, 160));
  if (lines.length > SHOWN_LINES) cut.push(`… ${lines.length - SHOWN_LINES} more lines`);
  return cut.join('\n');
}
