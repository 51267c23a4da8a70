import { lessons } from './lesson/library.ts';
import { Lab } from './state/lab.svelte.ts';
import { workers } from './workers.ts';

// The machine starts at once; what the page is drawn with loads meanwhile.
const lab = new Lab(lessons, workers);
void lab.machine.start();
const { show } = await import('./page.ts');
show(lab);
