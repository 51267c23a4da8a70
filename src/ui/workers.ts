import { proxy, transfer } from 'comlink';
import { failure, success, type Result } from '../engine/failure.ts';
import type { Compiler } from '../workers/compiler.ts';
import type { Explainer } from '../workers/explainer.ts';
import type { SessionHost } from '../workers/session-host.ts';
import { Spawned } from '../workers/spawn.ts';
import { fetchBytes } from './lesson/library.ts';
import type { Lesson } from './lesson/lesson.ts';
import type { MachineEvents, MachinePort, MakeToolchain, OpenedMachine } from './port.ts';
import type { LabWorkers } from './state/lab.svelte.ts';
import type { BuiltUpdate } from './state/update-build.svelte.ts';
import type { Manifest } from '../engine/pipeline/manifest.ts';
import { EMULATOR, START_FILES } from 'virtual:start-files';
import { compileEmulator, StartFiles } from './start-files.ts';
import { markState } from './timeline.ts';
import { ToolchainClient } from './toolchain-client.ts';

/** The worker does nothing that takes longer between two answers. */
const VITALS_TIMEOUT_MS = 15_000;
/** Comparing and writing the largest lesson takes a second on a busy host. */
const BUILD_TIMEOUT_MS = 60_000;

async function openMachine(events: MachineEvents): Promise<Result<OpenedMachine>> {
  if (typeof WebAssembly !== 'object') {
    return failure('no_wasm', 'This browser does not run WebAssembly, which the machine is made of.', {
      hint: 'Use a browser of the last two years, without lockdown mode, or allow WebAssembly in its settings.',
    });
  }
  const files = new StartFiles(new URL('kernels/', document.baseURI).href, START_FILES, events.onProgress);
  const emulator = compileEmulator(new URL(EMULATOR, document.baseURI).href);
  const worker = new Worker(new URL('../workers/session.ts', import.meta.url), { type: 'module', name: 'machine' });
  const machine = new Spawned<SessionHost>(worker, 'machine’s worker');
  machine.onDeath((reason) => events.onDeath(reason));
  const state: MachineEvents['onState'] = (entered) => {
    markState(entered);
    events.onState(entered);
  };
  const listeners = proxy({ output: events.onOutput, state, trace: events.onTrace, crash: events.onCrash });
  const wasm = await emulator;
  const opened = await machine.call((remote) => {
    const opening = remote.open({ kernels: files.base, wasm, handed: START_FILES }, listeners);
    files.each((path, file) => void remote.hand(path, file.ok ? transfer(file, [file.value.buffer]) : file));
    return opening;
  });
  if (!opened.ok) {
    machine.close();
    return opened;
  }
  return success({ kernel: opened.value, port: portOf(machine) });
}

function portOf(machine: Spawned<SessionHost>): MachinePort {
  return {
    type: (bytes) => void machine.remote.type(bytes),
    resize: (columns, rows) => void machine.call((remote) => remote.resize(columns, rows)),
    exec: (command, user, timeoutMs) => machine.call((remote) => remote.exec(command, user, timeoutMs)),
    writeFile: (path, bytes, mode) => machine.call((remote) => remote.writeFile(path, bytes, mode)),
    apply: (tarball) => machine.call((remote) => remote.apply(tarball)),
    undo: (id) => machine.call((remote) => remote.undo(id)),
    reset: () => machine.call((remote) => remote.reset()),
    vitals: () => machine.call(async (remote) => success(await remote.vitals()), VITALS_TIMEOUT_MS),
    close: () => machine.close(),
  };
}

let compiler: Spawned<Compiler> | undefined;
let explainer: Spawned<Explainer> | undefined;

/** Makes a lesson’s update from its objects, in a worker that starts with the first. */
async function buildUpdate(lesson: Lesson, kernel: Manifest, id: string): Promise<Result<BuiltUpdate>> {
  compiler ??= new Spawned<Compiler>(
    new Worker(new URL('../workers/compiler.ts', import.meta.url), { type: 'module', name: 'compiler' }),
    'compiler',
  );
  const here = compiler;
  here.onDeath(() => (compiler = undefined));
  const units = [];
  for (const { path, pre, post } of lesson.units) {
    const [before, after] = await Promise.all([fetchBytes(pre, `${path} (pre)`), fetchBytes(post, `${path} (post)`)]);
    if (!before.ok) return before;
    if (!after.ok) return after;
    units.push({ path, pre: before.value, post: after.value });
  }
  const patch = await lesson.patch();
  const options = { id, kernel, units, patch, description: lesson.title, timestamp: 0 };
  const buffers = units.flatMap(({ pre, post }) => [pre.buffer, post.buffer]);
  const built = await here.call((remote) => remote.create(transfer(options, buffers)), BUILD_TIMEOUT_MS);
  return built.ok ? success({ ...built.value, patch, sources: success([]) }) : built;
}

const explain: LabWorkers['explain'] = (changes, patch, sources) => {
  explainer ??= new Spawned<Explainer>(
    new Worker(new URL('../workers/explainer.ts', import.meta.url), { type: 'module', name: 'explainer' }),
    'explainer',
  );
  const here = explainer;
  here.onDeath(() => (explainer = undefined));
  return here.call((remote) => remote.explain(changes, patch, sources), BUILD_TIMEOUT_MS);
};

const makeToolchain: MakeToolchain = (kernel) => {
  const folder = (name: string) => new URL(`${name}/`, document.baseURI).href;
  return new ToolchainClient({ kernels: folder('kernels'), toolchain: folder('toolchain'), kernel });
};

/** The real workers. */
export const workers: LabWorkers = { openMachine, buildUpdate, explain, makeToolchain };
