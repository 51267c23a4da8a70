import { expect, it } from 'vitest';
import { failure, success, type Success } from '../../engine/failure.ts';
import type { BuildFailure, BuildProgress, BuiltChange, Plan } from '../../workers/toolchain-types.ts';
import type { ToolchainPort } from '../port.ts';
import { EditBuild, type BuildInput } from './edit-build.svelte.ts';

/** What the port is asked, answered when the test says: with the real toolchain nobody can say when an answer comes. */
class Answers {
  readonly port: ToolchainPort;
  planned: (plan: Plan) => void = unasked;
  built: (result: Success<BuiltChange> | BuildFailure) => void = () => undefined;
  progress: (progress: BuildProgress) => void = unasked;
  builds = 0;

  constructor() {
    const plan: ToolchainPort['plan'] = () => new Promise((done) => (this.planned = (found) => done(success(found))));
    const build: ToolchainPort['build'] = (_changes, _options, onProgress) => {
      this.builds += 1;
      this.progress = onProgress ?? unasked;
      return new Promise((done) => (this.built = done));
    };
    const cancel = () => this.built(failure('cancelled', 'It was cancelled.'));
    const others = { open: unasked, search: unasked, read: unasked, warm: unasked, applyPatch: unasked, diff: unasked };
    this.port = { ...others, plan, build, cancel, close: unasked };
  }
}

function unasked(): never {
  throw new Error('nobody has asked for this');
}

const SMALL: Plan = { units: [], seconds: 1, checks: [], ignored: [] };
const LARGE: Plan = { ...SMALL, seconds: 1000 };
const BUILT: BuiltChange = {
  id: 'edit_1',
  tarball: new Uint8Array(1),
  changes: [],
  sources: success([]),
  patch: '',
  units: [],
  same: [],
  diagnostics: [],
  timings: [],
  notes: [],
};
const COMPILING = {
  stage: 'compile',
  unit: { unit: 'fs/pipe.o', state: 'compiling', done: 0, total: 1, secondsLeft: 1 },
} as const;
const input = (revision: number): BuildInput => ({ changes: [{ path: 'fs/pipe.c', text: '' }], revision, name: 'Edit' });
const settled = () => new Promise((done) => setTimeout(done));

function begin() {
  const answers = new Answers();
  const said: (readonly unknown[])[] = [];
  const steps: string[] = [];
  const build = new EditBuild(answers.port, (found) => said.push(found));
  const make = (revision = 1) => build.make(input(revision), (step) => steps.push(step));
  return { answers, said, steps, build, make };
}

it('builds, and takes what it has built of the same text', async () => {
  const { answers, build, make } = begin();
  const first = make();
  answers.planned(SMALL);
  await settled();
  answers.built(success(BUILT));
  expect(await first).toEqual(success(BUILT));
  expect(await make()).toEqual(success(BUILT));
  expect(answers.builds).toBe(1);
  expect(build.working).toBe(false);
});

it('is cancelled also while it looks up what there is to do', async () => {
  const { answers, build, make } = begin();
  const made = make();
  build.cancel();
  answers.planned(SMALL);
  expect(await made).toMatchObject({ ok: false, code: 'cancelled' });
  expect(answers.builds).toBe(0);
  expect(build.working).toBe(false);
});

it('does not hear what a cancelled build still says', async () => {
  const { answers, build, steps, make } = begin();
  const made = make();
  answers.planned(SMALL);
  await settled();
  answers.progress(COMPILING);
  expect(steps).toEqual(['compile']);
  build.cancel();
  expect(await made).toMatchObject({ code: 'cancelled' });
  answers.progress(COMPILING);
  expect(steps).toEqual(['compile']);
  expect(build.making).toEqual({});
  expect(build.units).toEqual({});
});

it('makes one update at a time: a question that waits keeps its answer', async () => {
  const { answers, build, make } = begin();
  const first = make();
  answers.planned(LARGE);
  await settled();
  expect(await make(2)).toMatchObject({ ok: false, code: 'busy' });
  expect(build.working).toBe(true);
  build.question?.answer(false);
  expect(await first).toMatchObject({ code: 'cancelled' });
});

it('ends for another draft, and says nothing of the old one', async () => {
  const { answers, build, said, make } = begin();
  const first = make();
  answers.planned(SMALL);
  await settled();
  answers.built(success(BUILT));
  await first;
  expect(build.phase.kind).toBe('built');
  const second = make(2);
  answers.planned(SMALL);
  await settled();
  build.forget();
  expect(await second).toMatchObject({ code: 'cancelled' });
  expect(build.phase).toEqual({ kind: 'idle' });
  expect(build.making).toEqual({});
  expect(said).toHaveLength(1);
});
