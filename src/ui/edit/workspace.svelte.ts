import { failure, success, type Failure, type Result } from '../../engine/failure.ts';
import type { Diagnostic, HunkNote, PatchFailure } from '../../workers/toolchain-types.ts';
import type { Lesson } from '../lesson/lesson.ts';
import type { ToolchainPort } from '../port.ts';
import type { Machine } from '../state/machine.svelte.ts';
import { editAddress, type EditPlace } from '../view/address.ts';
import { DraftFiles } from './draft-files.svelte.ts';
import { Drafts, nameOf } from './drafts.svelte.ts';
import { EditBuild, type BuildInput } from './edit-build.svelte.ts';
import { EditRun, type Desk } from './edit-run.svelte.ts';
import { Finder } from './finder.svelte.ts';
import { LiveChange } from './live-change.svelte.ts';
import { filesOfPatch, filesOfStored, type LoadedFiles } from './load-files.ts';
import { OpenDraft } from './open-draft.svelte.ts';
import type { OpenFile } from './open-file.svelte.ts';
import { readPatchFile } from './patch-file.ts';
import { Problems } from './problems.svelte.ts';
import { unpackPatch } from './share.ts';
import { markProblems } from './source/marks.ts';
import { headOf, type DraftHead, type StoredDraft } from './stored-draft.ts';
import { ToolchainState } from './toolchain-state.svelte.ts';
import { UpdateExport } from './update-export.svelte.ts';
import { crc32 } from '../../engine/crc32.ts';

export type BenchTab = 'patch' | 'problems' | 'changes' | 'plan' | 'try';

/** What could not be opened, and what can be done about it. */
export interface Trouble {
  readonly title: string;
  readonly failure: Failure | PatchFailure;
  readonly again?: () => void;
}

/** What the workspace asks of the page it is on. */
export interface WorkspaceContext {
  readonly port: ToolchainPort;
  readonly machine: Machine;
  readonly lessons: readonly Lesson[];
  readonly inTheWay: Desk['inTheWay'];
  /** The address of what the editor shows has become this one. */
  readonly onAddress: (hash: string) => void;
}

/** How often to look whether the machine is free again. */
const WARM_LATER_MS = 500;

/** Something that another draft brings with it. */
interface Laying extends LoadedFiles {
  readonly head?: Partial<DraftHead>;
  /** The change as it was when the draft was last kept. */
  readonly patch?: string;
  readonly tabs?: readonly string[];
  readonly active?: string | undefined;
}

/** The editor: puts drafts on the desk, and joins their files, what the compiler says of them, and what they do to the guest. */
export class Workspace {
  readonly toolchain: ToolchainState;
  readonly finder: Finder;
  readonly drafts = new Drafts();
  readonly problems = new Problems();
  readonly files: DraftFiles;
  readonly live: LiveChange;
  readonly draft: OpenDraft;
  readonly export: UpdateExport;
  readonly build: EditBuild;
  readonly machine: Machine;
  readonly lessons: readonly Lesson[];
  #context: WorkspaceContext;
  #run = $state.raw() as EditRun;
  #trouble = $state.raw<Trouble | undefined>(undefined);
  #notes = $state.raw<readonly HunkNote[]>([]);
  #tab = $state.raw<BenchTab>('patch');
  #busy = $state.raw(false);
  #resumed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(context: WorkspaceContext) {
    const { port, machine, lessons } = context;
    this.#context = context;
    this.machine = machine;
    this.lessons = lessons;
    this.toolchain = new ToolchainState(port);
    this.finder = new Finder(port);
    this.files = new DraftFiles(port, () => this.#edited());
    this.live = new LiveChange(port, () => this.draft.keepSoon());
    this.draft = new OpenDraft(this.drafts, this.files, this.live);
    this.build = new EditBuild(port, (found) => this.#diagnosed(found));
    this.export = new UpdateExport(this.build, () => this.#input());
    this.#run = this.#freshRun();
  }

  get run(): EditRun {
    return this.#run;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Hunks of the opened patch that fitted elsewhere than it said. */
  get notes(): readonly HunkNote[] {
    return this.#notes;
  }

  get tab(): BenchTab {
    return this.#tab;
  }

  /** A patch or a draft is being opened. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The lesson that the draft was opened from. */
  get lesson(): Lesson | undefined {
    return this.lessons.find(({ number }) => this.draft.head.origin === `lesson:${number}`);
  }

  show(tab: BenchTab): void {
    this.#tab = tab;
  }

  dismiss(): void {
    this.#trouble = undefined;
    this.#notes = [];
  }

  /** The guest begins anew: no edit is in force, and what is under way ends. What was built stays. */
  forget(): void {
    this.#run.cancel();
    this.#run = this.#freshRun();
  }

  /** Opens what an address names. */
  go(place: EditPlace): Promise<void> {
    return this.#inTurn(async () => {
      if (!(await this.#ready())) return;
      if ((place.broken ?? place.patch ?? place.lesson ?? place.path) !== undefined) this.dismiss();
      if (place.broken) this.#fail('The link cannot be opened', BROKEN);
      else if (place.patch !== undefined) await this.#openLink(place.patch);
      else if (place.lesson !== undefined) await this.#openLesson(place.lesson);
      if (!this.#resumed && this.drafts.last) await this.#openStored(this.drafts.last);
      this.#resumed = true;
      if (place.path !== undefined) await this.open(place.path, place.line);
      else this.follow();
    });
  }

  /** Shows a file of the kernel. */
  async open(path: string, line?: number, column?: number): Promise<void> {
    const opened = await this.files.open(path, line, column);
    if (!opened.ok) return this.#fail(`${path} cannot be opened`, opened, () => void this.open(path, line, column));
    // Somebody has opened another one meanwhile.
    if (this.files.active?.path !== path) return;
    this.finder.remember(path);
    this.follow(line);
    this.draft.keepSoon();
    void this.toolchain.warmUp(path);
  }

  /** Makes the address name what is shown. */
  follow(line?: number): void {
    const file = this.files.active;
    this.#context.onAddress(file ? editAddress(file.path, line ?? file.line) : '#/edit');
  }

  close(path: string): void {
    this.files.close(path);
    this.follow();
    this.draft.keepSoon();
  }

  /** Gives a file the text of the running kernel back. */
  revert(file: OpenFile): void {
    this.files.revert(file);
    this.follow();
  }

  /** Opens a patch as a draft of its own. The draft that was open is kept. */
  openPatch(patch: string): Promise<void> {
    return this.#inTurn(() => this.#openPatch(patch));
  }

  /** Opens a patch file. */
  openFile(file: Blob): Promise<void> {
    return this.#inTurn(async () => {
      const patch = await readPatchFile(file);
      if (patch.ok) await this.#openPatch(patch.value);
      else this.#fail('The file cannot be opened', patch);
    });
  }

  /** Opens a draft of this browser. */
  openDraft(draft: StoredDraft): Promise<void> {
    return this.#inTurn(() => this.#openStored(draft));
  }

  newDraft(): Promise<void> {
    return this.#inTurn(() => {
      this.draft.leave();
      this.drafts.forgetLast();
      this.#lay({ files: [], deleted: [] });
    });
  }

  /** Throws a draft away; if it is the open one, a new one takes its place. */
  deleteDraft(id: string): Promise<void> {
    return this.#inTurn(() => {
      this.drafts.delete(id);
      if (id === this.draft.head.id) this.#lay({ files: [], deleted: [] });
    });
  }

  /** The command that is run before and after. */
  setCommand(command: string, user: 'root' | 'student'): void {
    const { head } = this.draft;
    if (command === head.command && user === head.user) return;
    this.draft.setCommand(command, user);
    this.#run.forgetChecks();
  }

  /** Goes to a place that a diagnostic names. */
  async visit(problem: Diagnostic | undefined): Promise<void> {
    if (problem) await this.open(problem.path, problem.line, problem.column);
  }

  /** One opening after the other: what was asked for last is what is on the desk in the end. */
  #inTurn(open: () => void | Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(open, open);
    return this.#turn;
  }

  /** The list of the sources is there; if it cannot be loaded, the page says so. */
  async #ready(): Promise<boolean> {
    return this.toolchain.phase.kind === 'open' || this.toolchain.open();
  }

  async #openLink(link: string): Promise<void> {
    const origin = `link:${crc32(new TextEncoder().encode(link))}`;
    const known = this.#untouched(origin);
    if (known) return this.#openStored(known);
    const patch = await unpackPatch(link);
    if (patch.ok) await this.#openPatch(patch.value, { origin, pristine: true });
    else this.#fail('The link cannot be opened', patch);
  }

  async #openLesson(number: number): Promise<void> {
    const lesson = this.lessons.find((entry) => entry.number === number);
    if (!lesson) return;
    const origin = `lesson:${number}`;
    const known = this.#untouched(origin);
    if (known) return this.#openStored(known);
    const { command, user } = lesson.check;
    const patch = await patchOf(lesson);
    if (patch.ok) await this.#openPatch(patch.value, { origin, pristine: true, name: lesson.title, command, user });
    else this.#fail('The lesson cannot be opened', patch);
  }

  async #openPatch(patch: string | Uint8Array, head: Partial<DraftHead> = {}): Promise<void> {
    if (!(await this.#ready())) return;
    this.dismiss();
    this.#busy = true;
    const applied = await this.#context.port.applyPatch(patch);
    const files = applied.ok ? await filesOfPatch(applied.value.files, this.#context.port) : applied;
    this.#busy = false;
    const again = () => void this.#inTurn(() => this.#openPatch(patch, head));
    if (!applied.ok) return this.#fail('The patch does not apply', applied);
    if (!files.ok) return this.#fail('The patch cannot be opened', files, again);
    this.draft.leave();
    this.#notes = applied.value.notes.filter(({ offset, fuzz }) => offset !== 0 || fuzz !== 0);
    this.#lay({ ...files.value, head });
  }

  async #openStored(draft: StoredDraft): Promise<void> {
    if (draft.id === this.draft.head.id && !this.draft.elsewhere) return;
    this.#busy = true;
    const files = await filesOfStored(draft, this.#context.port);
    this.#busy = false;
    if (!files.ok) return this.#fail(`“${nameOf(draft)}” cannot be opened`, files, () => void this.openDraft(draft));
    this.draft.leave();
    const { patch, tabs, active } = draft;
    this.#lay({ ...files.value, head: headOf(draft), patch, tabs: tabs.map(({ path }) => path), active });
  }

  /** What was opened from there before, if nobody has changed it: opening it again makes no second one. */
  #untouched(origin: string): StoredDraft | undefined {
    return this.drafts.all.find((draft) => draft.origin === origin && draft.pristine);
  }

  /** Puts another draft on the desk. What is being made of the old one ends. */
  #lay({ head, patch = '', files, deleted, tabs = files.map(({ path }) => path), active = tabs[0] }: Laying): void {
    this.#run.cancel();
    this.#run.forgetChecks();
    this.build.forget();
    this.problems.set([]);
    this.live.begin(patch);
    this.draft.begin(head);
    this.files.load(files, deleted, tabs, active);
    this.#resumed = true;
    this.#tab = 'patch';
    this.follow();
    void this.#lookAt();
  }

  async #lookAt(): Promise<void> {
    await this.live.now(this.files.changes);
    const file = this.files.active;
    if (file) void this.toolchain.warmUp(file.path);
  }

  #edited(): void {
    this.live.touch(() => this.files.changes);
    this.draft.edited();
  }

  /** A trial, but not while somebody waits for the splice: it would take the computer's cores from it. */
  async #warmLater(path: string): Promise<void> {
    while (this.#run.busy !== undefined) await new Promise((go) => setTimeout(go, WARM_LATER_MS));
    await this.toolchain.warmUp(path);
  }

  #diagnosed(found: readonly Diagnostic[]): void {
    this.problems.set(found);
    for (const file of this.files.tabs) this.files.dispatch(file, markProblems(file.state, file.path, found));
    // A trial that the build had pushed aside is made now: it is what says that this compiler makes the kernel that runs.
    const { active } = this.files;
    if (active && this.toolchain.warm.kind === 'cold') void this.#warmLater(active.path);
    if (this.problems.errors === 0) return;
    this.#tab = 'problems';
    void this.visit(this.problems.choose(0));
  }

  #fail(title: string, failed: Failure, again?: () => void): void {
    this.#trouble = { title, failure: failed, ...(again && { again }) };
  }

  #input(): BuildInput {
    return { changes: this.files.changes, revision: this.files.revision, name: this.draft.name };
  }

  #freshRun(): EditRun {
    return new EditRun(this.build, this.machine, {
      input: () => this.#input(),
      command: () => {
        const { command, user } = this.draft.head;
        return command.trim() ? { command, user } : undefined;
      },
      programs: () => this.lesson?.programs ?? [],
      inTheWay: this.#context.inTheWay,
    });
  }
}

const BROKEN = failure('bad_link', 'The address says nothing that the editor understands.', {
  expected: 'a file of the kernel, such as #/edit/kernel/sys.c:140, or a shared change',
  hint: 'Find the file by its name (Ctrl+P).',
});

/** A lesson's patch; it is a piece of the page that may not come. */
async function patchOf(lesson: Lesson): Promise<Result<string>> {
  try {
    return success(await lesson.patch());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const hint = 'Look at the connection, then reload the page.';
    return failure('fetch_failed', 'The patch of the lesson could not be loaded.', { found: error.message, hint });
  }
}
