import type { Result } from '../../engine/failure.ts';
import type { GuestCommand } from '../state/check.ts';

/** A lesson as the page uses it: its facts at hand, its files behind loaders. */
export interface Lesson {
  readonly folder: string;
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly summary: string;
  readonly expects: 'applied' | { readonly refused: string };
  readonly check: Check;
  readonly programs: readonly Program[];
  readonly units: readonly Unit[];
  readonly patch: () => Promise<string>;
  readonly steps: () => Promise<readonly LessonStep[]>;
}

export interface Check extends GuestCommand {
  readonly title: string;
}

export interface Program {
  readonly guestPath: string;
  readonly mode: number;
  readonly load: () => Promise<Result<Uint8Array>>;
}

/** A translation unit that the patch changes, and where its two objects are. */
export interface Unit {
  readonly path: string;
  readonly pre: string;
  readonly post: string;
}

/** HTML made from markdown when the page was built. */
export interface LessonStep {
  readonly title: string;
  readonly html: string;
}
