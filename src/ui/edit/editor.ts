/** The editor, as one piece of the page that is loaded when somebody goes there. */
export { default as EditPlace } from './EditPlace.svelte';
export { Workspace } from './workspace.svelte.ts';
