import { failure, type Failure } from '../../engine/failure.ts';
import type { BuiltChange, Diagnostic, HunkNote, PatchFailure } from '../../workers/toolchain-types.ts';
import type { Lesson } from '../lesson/lesson.ts';
import type { ToolchainPort } from '../port.ts';
import type { Machine } from '../state/machine.svelte.ts';
import { editAddress, type EditPlace } from '../view/address.ts';
import { DraftFiles } from './draft-files.svelte.ts';
import { draftName, Drafts, nameOf, newDraftId } from './drafts.svelte.ts';
import { EditBuild, type BuildInput } from './edit-build.svelte.ts';
import { EditRun, type Desk } from './edit-run.svelte.ts';
import { Finder } from './finder.svelte.ts';
import { LiveChange } from './live-change.svelte.ts';
import { filesOfPatch, filesOfStored } from './load-files.ts';
import { Problems } from './problems.svelte.ts';
import { unpackPatch } from './share.ts';
import { markProblems } from './source/marks.ts';
import { headOf, type DraftHead, type StoredDraft } from './stored-draft.ts';
import { ToolchainState } from './toolchain-state.svelte.ts';
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

/** A pause before a draft is written down, and the address follows the cursor. */
const KEEP_MS = 400;
/** How often to look whether the machine is free again. */
const WARM_LATER_MS = 500;
/** Larger files are no patches; they are not even read. */
const MAX_FILE = 6 * 1024 * 1024;

/** The editor: one draft with its files, what the compiler says of it, and what it does to the guest. */
export class Workspace {
  readonly toolchain: ToolchainState;
  readonly finder: Finder;
  readonly drafts = new Drafts();
  readonly problems = new Problems();
  readonly files: DraftFiles;
  readonly live: LiveChange;
  readonly build: EditBuild;
  readonly machine: Machine;
  readonly lessons: readonly Lesson[];
  #context: WorkspaceContext;
  #run = $state.raw() as EditRun;
  #head = $state.raw<DraftHead>(newHead());
  #trouble = $state.raw<Trouble | undefined>(undefined);
  #notes = $state.raw<readonly HunkNote[]>([]);
  #tab = $state.raw<BenchTab>('patch');
  #busy = $state.raw(false);
  #exportFailure = $state.raw<Failure | undefined>(undefined);
  #resumed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: WorkspaceContext) {
    const { port, machine, lessons } = context;
    this.#context = context;
    this.machine = machine;
    this.lessons = lessons;
    this.toolchain = new ToolchainState(port);
    this.finder = new Finder(port);
    this.files = new DraftFiles(port, () => this.#edited());
    this.live = new LiveChange(port, () => this.#keepSoon());
    this.build = new EditBuild(port, (found) => this.#diagnosed(found));
    this.#run = this.#freshRun();
    addEventListener('pagehide', () => this.keep());
  }

  get run(): EditRun {
    return this.#run;
  }

  get head(): DraftHead {
    return this.#head;
  }

  get name(): string {
    return draftName(this.#head.name, this.files.changes);
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
    return this.lessons.find(({ number }) => this.#head.origin === `lesson:${number}`);
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
  async go(place: EditPlace): Promise<void> {
    if (this.toolchain.phase.kind !== 'open' && !(await this.toolchain.open())) return;
    this.dismiss();
    if (place.broken) this.#fail('The link cannot be opened', BROKEN);
    else if (place.patch !== undefined) await this.#openLink(place.patch);
    else if (place.lesson !== undefined) await this.#openLesson(place.lesson);
    if (!this.#resumed && this.drafts.last) await this.openDraft(this.drafts.last);
    this.#resumed = true;
    if (place.path !== undefined) await this.open(place.path, place.line);
    else this.follow();
  }

  /** Shows a file of the kernel. */
  async open(path: string, line?: number, column?: number): Promise<void> {
    const opened = await this.files.open(path, line, column);
    if (!opened.ok) return this.#fail(`${path} cannot be opened`, opened, () => void this.open(path, line, column));
    this.finder.remember(path);
    this.follow(line);
    this.#keepSoon();
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
    this.#keepSoon();
  }

  /** Opens a patch as a draft of its own. The draft that was open is kept. */
  async openPatch(patch: string | Uint8Array, head: Partial<DraftHead> = {}): Promise<void> {
    if (this.toolchain.phase.kind !== 'open' && !(await this.toolchain.open())) return;
    this.dismiss();
    this.#busy = true;
    const applied = await this.#context.port.applyPatch(patch);
    const files = applied.ok ? await filesOfPatch(applied.value.files, this.#context.port) : applied;
    this.#busy = false;
    if (!applied.ok) return this.#fail('The patch does not apply', applied);
    if (!files.ok) return this.#fail('The patch cannot be opened', files, () => void this.openPatch(patch, head));
    this.#leave();
    this.#head = { ...newHead(), ...head };
    const { files: opened, deleted } = files.value;
    this.files.load(
      opened,
      deleted,
      opened.map(({ path }) => path),
      opened[0]?.path,
    );
    this.#notes = applied.value.notes.filter(({ offset, fuzz }) => offset !== 0 || fuzz !== 0);
    await this.#begin('patch');
  }

  /** Opens a patch file. */
  async openFile(file: Blob): Promise<void> {
    if (file.size <= MAX_FILE) return this.openPatch(new Uint8Array(await file.arrayBuffer()));
    const found = failure('patch_too_large', 'The file is too large to be a patch.', {
      expected: `at most ${MAX_FILE} bytes`,
      found: `${file.size} bytes`,
      hint: 'Drop one patch, not an archive of many.',
    });
    this.#fail('The file cannot be opened', found);
  }

  /** The update of the text as it is, to be saved; nothing if there is none, and `exportFailure` says why. */
  async makeUpdate(): Promise<BuiltChange | undefined> {
    this.#exportFailure = undefined;
    const made = await this.build.make(this.#input(), () => undefined);
    if (made.ok) return made.value;
    if (made.code !== 'cancelled') this.#exportFailure = made;
    return undefined;
  }

  get exportFailure(): Failure | undefined {
    return this.#exportFailure;
  }

  dismissExport(): void {
    this.#exportFailure = undefined;
  }

  /** Opens a draft of this browser. */
  async openDraft(draft: StoredDraft): Promise<void> {
    if (draft.id !== this.#head.id) this.#leave();
    this.#busy = true;
    const files = await filesOfStored(draft, this.#context.port);
    this.#busy = false;
    if (!files.ok) return this.#fail(`“${nameOf(draft)}” cannot be opened`, files, () => void this.openDraft(draft));
    const { tabs, active } = draft;
    this.#head = headOf(draft);
    this.files.load(
      files.value.files,
      files.value.deleted,
      tabs.map(({ path }) => path),
      active,
    );
    await this.#begin('patch');
  }

  newDraft(): void {
    this.#leave();
    this.#head = newHead();
    this.files.load([], [], [], undefined);
    this.drafts.forgetLast();
    void this.#begin('patch');
  }

  rename(name: string): void {
    this.#head = { ...this.#head, name: name.trim().slice(0, 80) || undefined };
    this.keep();
  }

  /** Throws a draft away; if it is the open one, a new one takes its place. */
  deleteDraft(id: string): void {
    this.drafts.delete(id);
    if (id !== this.#head.id) return;
    this.#head = newHead();
    this.files.load([], [], [], undefined);
    void this.#begin('patch');
  }

  /** The command that is run before and after. */
  setCommand(command: string, user: 'root' | 'student'): void {
    if (command === this.#head.command && user === this.#head.user) return;
    this.#head = { ...this.#head, command, user };
    this.#run.forgetChecks();
    this.keep();
  }

  /** Goes to a place that a diagnostic names. */
  async visit(problem: Diagnostic | undefined): Promise<void> {
    if (problem) await this.open(problem.path, problem.line, problem.column);
  }

  /** Writes the draft down now. One without changes and without a name is not worth keeping. */
  keep(): void {
    clearTimeout(this.#timer);
    const files = [...this.files.changed.map((file) => file.stored), ...this.files.deleted.map(deletedFile)];
    const known = this.drafts.all.some(({ id }) => id === this.#head.id);
    if (files.length === 0 && !known && this.#head.name === undefined && this.files.tabs.length === 0) return;
    this.drafts.keep({
      ...this.#head,
      format: 1,
      updated: Date.now(),
      files,
      patch: this.live.patch.ok ? this.live.patch.value : '',
      tabs: this.files.tabs.map(({ path, line }) => ({ path, line })),
      active: this.files.active?.path,
    });
  }

  /** The draft makes room for another: it is kept, unless there is nothing in it but open files. */
  #leave(): void {
    const empty = this.files.changes.length === 0 && this.#head.name === undefined;
    if (empty) this.drafts.delete(this.#head.id);
    else this.keep();
  }

  async #openLink(link: string): Promise<void> {
    const origin = `link:${crc32(new TextEncoder().encode(link))}`;
    const known = this.#untouched(origin);
    if (known) return this.openDraft(known);
    const patch = await unpackPatch(link);
    if (patch.ok) await this.openPatch(patch.value, { origin, pristine: true });
    else this.#fail('The link cannot be opened', patch);
  }

  async #openLesson(number: number): Promise<void> {
    const lesson = this.lessons.find((entry) => entry.number === number);
    if (!lesson) return;
    const origin = `lesson:${number}`;
    const known = this.#untouched(origin);
    if (known) return this.openDraft(known);
    const { command, user } = lesson.check;
    await this.openPatch(await lesson.patch(), { origin, pristine: true, name: lesson.title, command, user });
  }

  /** What was opened from there before, if nobody has changed it: opening it again makes no second one. */
  #untouched(origin: string): StoredDraft | undefined {
    return this.drafts.all.find((draft) => draft.origin === origin && draft.pristine);
  }

  /** A draft was put on the desk. */
  async #begin(tab: BenchTab): Promise<void> {
    this.#resumed = true;
    this.problems.set([]);
    this.#tab = tab;
    this.#run.forgetChecks();
    this.follow();
    await this.live.now(this.files.changes);
    const file = this.files.active;
    if (file) void this.toolchain.warmUp(file.path);
  }

  #edited(): void {
    if (this.#head.pristine) this.#head = { ...this.#head, pristine: false };
    this.live.touch(() => this.files.changes);
    this.#keepSoon();
  }

  #keepSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), KEEP_MS);
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
    return { changes: this.files.changes, revision: this.files.revision, name: this.name };
  }

  #freshRun(): EditRun {
    return new EditRun(this.build, this.machine, {
      input: () => this.#input(),
      command: () => (this.#head.command.trim() ? { command: this.#head.command, user: this.#head.user } : undefined),
      programs: () => this.lesson?.programs ?? [],
      inTheWay: this.#context.inTheWay,
    });
  }
}

const BROKEN = failure('bad_link', 'The address says nothing that the editor understands.', {
  expected: 'a file of the kernel, such as #/edit/kernel/sys.c:140, or a shared change',
  hint: 'Find the file by its name (Ctrl+P).',
});

function newHead(): DraftHead {
  return { id: newDraftId(), pristine: false, created: Date.now(), command: '', user: 'root' };
}

function deletedFile(path: string): { kind: 'deleted'; path: string } {
  return { kind: 'deleted', path };
}
