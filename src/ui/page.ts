import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import type { Lab } from './state/lab.svelte.ts';

/** Draws the page. */
export function show(lab: Lab): void {
  const target = document.getElementById('app');
  if (!target) throw new Error('index.html has no #app');
  mount(App, { target, props: { lab } });
}
