import { lessons } from './lesson/library.ts';
import { Lab } from './state/lab.svelte.ts';
import { workers } from './workers.ts';

/**
 * Milliseconds before what the page is drawn with is loaded: on two cores it takes time from the start of the machine, which
 * is what a visitor waits for. With the head start the prompt came at 949 ms instead of 1030 (medians of seven).
 */
const HEAD_START_MS = 200;

// The machine starts at once; what the page is drawn with loads meanwhile.
const lab = new Lab(lessons, workers);
void lab.machine.start();
await new Promise((go) => setTimeout(go, HEAD_START_MS));
const { show } = await import('./page.ts');
show(lab);
