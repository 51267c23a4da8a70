import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { lessons } from './lesson/library.ts';
import { Lab } from './state/lab.svelte.ts';
import { workers } from './workers.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
const lab = new Lab(lessons, workers);
void lab.machine.start();
mount(App, { target, props: { lab } });
