import { expose, transfer } from 'comlink';
import type { Result } from '../engine/failure.ts';
import { createUpdate, type CreatedUpdate, type CreateOptions } from '../engine/update/create.ts';

/** The compiler behind a worker: objects in, update out. */
const compiler = {
  create(options: CreateOptions): Result<CreatedUpdate> {
    const made = createUpdate(options);
    return made.ok ? transfer(made, [made.value.tarball.buffer]) : made;
  },
};

export type Compiler = typeof compiler;

expose(compiler);
