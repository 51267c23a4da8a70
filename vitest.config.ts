import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/**
 * Three projects for `npm test`: `unit` (beside the source), `node` (whole runs against the real guest) and `browser` (whole runs in Chromium);
 * `smp` (whole runs under QEMU, with several processors) is for `npm run test:smp`.
 * Whole runs go one file after the other: each boots a machine, and a second one beside it would only make both slower.
 */
export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      {
        plugins: [svelte()],
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'lessons/**/*.test.ts', 'tests/hostile/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'node',
          include: ['tests/node/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'smp',
          include: ['tests/smp/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          // What a page does in a moment takes seconds on a host that is busy with other things.
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          pool: 'forks',
        },
      },
    ],
  },
});
