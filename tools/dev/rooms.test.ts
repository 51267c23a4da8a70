import { Linter } from 'eslint';
import { join } from 'node:path';
import ts from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { ROOT } from './paths.mjs';
import { rooms } from './rooms.mjs';

function messages(file: string, code: string): string[] {
  const config: Linter.Config = {
    files: ['**/*.ts'],
    plugins: { rooms },
    languageOptions: { parser: ts.parser as Linter.Parser },
    rules: { 'rooms/imports': 'error' },
  };
  return new Linter({ cwd: ROOT }).verify(code, config, { filename: join(ROOT, file) }).map((message) => message.message);
}

describe('the import table', () => {
  test.each([
    ['src/engine/diff/x.ts', `import { a } from '../elf/reader';`],
    ['src/engine/update/x.ts', `import { a } from '../diff/diff.ts';`],
    ['src/engine/elf/x.ts', `import { a } from '../failure.ts';`],
    ['src/engine/guest/x.ts', `import type { Machine } from '../machine/machine.ts';`],
    ['src/engine/machine/x.ts', `import { V86 } from 'v86';`],
    ['src/engine/pipeline/x.ts', `import { a } from '../guest/guest.ts'; import * as v from 'valibot';`],
    ['src/ui/x.ts', `import type { Session } from '../engine/pipeline/session.ts'; import { a } from '../workers/remote.ts';`],
    ['src/workers/x.ts', `import { a } from '../engine/machine/machine.ts'; import { expose } from 'comlink';`],
    ['src/cli/x.ts', `import { a } from '../engine/diff/diff.ts'; import { Command } from 'commander';`],
    ['src/engine/elf/x.test.ts', `import fc from 'fast-check';`],
    ['tools/x.ts', `import { a } from '../src/engine/elf/reader.ts';`],
  ])('%s allows %s', (file, code) => {
    expect(messages(file, code)).toEqual([]);
  });

  test.each([
    ['src/engine/elf/x.ts', `import { a } from '../diff/diff.ts';`, /src\/engine\/elf may not import from src\/engine\/diff/],
    ['src/engine/guest/x.ts', `import { Machine } from '../machine/machine.ts';`, /only types/],
    ['src/engine/guest/x.ts', `export { Machine } from '../machine/machine.ts';`, /only types/],
    ['src/engine/diff/x.ts', `const a = await import('../update/create.ts');`, /may not import from src\/engine\/update/],
    ['src/engine/pipeline/x.ts', `import { V86 } from 'v86';`, /only src\/engine\/machine/],
    ['src/engine/update/x.ts', `import { onMount } from 'svelte';`, /engine may not use svelte/],
    ['src/engine/update/x.ts', `import { readFile } from 'node:fs';`, /engine may not use node:fs/],
    ['src/engine/machine/x.ts', `import wasm from 'comlink';`, /comlink/],
    ['src/ui/x.ts', `import { Session } from '../engine/pipeline/session.ts';`, /only types/],
    ['src/cli/x.ts', `import { a } from '../ui/port.ts';`, /src\/cli may not import from src\/ui/],
    ['src/engine/failure.ts', `import { a } from './elf/reader.ts';`, /import nothing/],
    ['src/extra/x.ts', `import { a } from '../engine/elf/reader.ts';`, /not in the table/],
  ])('%s refuses %s', (file, code, expected) => {
    expect(messages(file, code)).toEqual([expect.stringMatching(expected)]);
  });
});
