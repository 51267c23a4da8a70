import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { lessons } from './tools/page/lessons-plugin.ts';
import { packedFiles } from './tools/page/packed-files-plugin.ts';
import { startFiles } from './tools/page/start-plugin.ts';

/** The page. Relative addresses, so that the build works under any path. */
export default defineConfig({
  base: './',
  plugins: [lessons(), startFiles(import.meta.dirname), packedFiles(), svelte()],
  worker: { format: 'es' },
  // Both find their .wasm file beside themselves; bundling them for the development server would lose it.
  optimizeDeps: { exclude: ['v86', 'capstone-wasm'] },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 1500, reportCompressedSize: false },
});
