import type { LabWorkers } from './state/lab.svelte.ts';

export declare const workers: LabWorkers;
