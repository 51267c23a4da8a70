import type { Component } from 'svelte';
import { failure, type Failure } from '../../engine/failure.ts';
import type { Workspace, WorkspaceContext } from '../edit/workspace.svelte.ts';
import type { MakeToolchain } from '../port.ts';
import type { EditPlace } from '../view/address.ts';
import type { Lab } from './lab.svelte.ts';
import { KERNEL } from 'virtual:start-files';

export type EditorPhase =
  | { readonly kind: 'closed' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | {
      readonly kind: 'open';
      readonly workspace: Workspace;
      readonly view: Component<{ lab: Lab; workspace: Workspace }>;
    };

type EditorContext = Omit<WorkspaceContext, 'port'> & { readonly makeToolchain: MakeToolchain };

/** What a piece of the page that does not come is reported with: by the browser its script, by Vite its style sheet. */
function isMissingPiece(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof Error && error.message.startsWith('Unable to preload CSS'));
}

/** The editor as the rest of the page knows it: a piece of the page that is loaded when somebody goes there. */
export class Editor {
  #context: EditorContext;
  #phase = $state.raw<EditorPhase>({ kind: 'closed' });
  #place: EditPlace = { kind: 'edit' };
  #loading: Promise<Workspace | undefined> | undefined;

  constructor(context: EditorContext) {
    this.#context = context;
  }

  get phase(): EditorPhase {
    return this.#phase;
  }

  get workspace(): Workspace | undefined {
    return this.#phase.kind === 'open' ? this.#phase.workspace : undefined;
  }

  /** Opens what an address names. */
  async go(place: EditPlace): Promise<void> {
    this.#place = place;
    const workspace = await this.#load();
    if (this.#place === place) await workspace?.go(place);
  }

  /** Tries again after a failure to load. */
  async again(): Promise<void> {
    await this.go(this.#place);
  }

  async openPatch(file: Blob): Promise<void> {
    await (await this.#load())?.openFile(file);
  }

  #load(): Promise<Workspace | undefined> {
    if (this.workspace) return Promise.resolve(this.workspace);
    this.#loading ??= this.#open().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #open(): Promise<Workspace | undefined> {
    this.#phase = { kind: 'loading' };
    try {
      const { EditPlace: view, Workspace } = await import('../edit/editor.ts');
      const { makeToolchain, ...context } = this.#context;
      const workspace = new Workspace({ ...context, port: makeToolchain(KERNEL) });
      this.#phase = { kind: 'open', workspace, view };
      return workspace;
    } catch (error) {
      if (!isMissingPiece(error)) throw error;
      this.#phase = {
        kind: 'failed',
        failure: failure('fetch_failed', 'The editor could not be loaded.', {
          found: error.message,
          hint: 'Look at the connection, then try again. The terminal and the lessons go on meanwhile.',
        }),
      };
      return undefined;
    }
  }
}
