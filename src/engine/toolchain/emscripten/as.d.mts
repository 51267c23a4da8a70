import type { EmscriptenFactory } from '../emscripten.ts';

declare const program: EmscriptenFactory;
export default program;
