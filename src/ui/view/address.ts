/** Where a person is: at a step of a lesson, or in the editor. */
export type Place = LessonPlace | EditPlace;

/** A lesson by its number, a step counted from 0. */
export interface LessonPlace {
  readonly kind: 'lesson';
  readonly lesson: number;
  readonly step: number;
}

/** The editor, with what it is to open. Nothing named: where the person left off. */
export interface EditPlace {
  readonly kind: 'edit';
  readonly path?: string;
  /** From 1. */
  readonly line?: number;
  /** A patch as a link carries it, unchecked. */
  readonly patch?: string;
  /** Number of the lesson whose patch is to be opened. */
  readonly lesson?: number;
  /** The address is one of the editor's, but says nothing it understands. */
  readonly broken?: true;
}

/** A path of the kernel tree: relative, no empty part, no `.` or `..`. */
const PATH = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_+.,@=-]+(?:\/[A-Za-z0-9_+.,@=-]+)*$/;
const MAX_PATH = 200;

/**
 * Reads `#/3/2` (lesson 3, second step) and the editor's addresses: `#/edit`, `#/edit/kernel/sys.c:140`, `#/edit?p=…`, `#/edit?lesson=3`.
 * Anything else, or a lesson that does not exist, is the first lesson's beginning.
 */
export function placeAt(hash: string, lessons: readonly number[]): Place {
  const edit = /^#\/edit(?:\/(?<file>[^?]*))?(?:\?(?<query>.*))?$/.exec(hash);
  if (edit) return editPlace(edit.groups?.['file'], edit.groups?.['query'], lessons);
  const match = /^#\/(\d{1,3})(?:\/(\d{1,3}))?$/.exec(hash);
  const lesson = Number(match?.[1]);
  if (!match || !lessons.includes(lesson)) return { kind: 'lesson', lesson: lessons[0] ?? 1, step: 0 };
  return { kind: 'lesson', lesson, step: Math.max(0, Number(match[2] ?? 1) - 1) };
}

function editPlace(file: string | undefined, query: string | undefined, lessons: readonly number[]): EditPlace {
  const values = new URLSearchParams(query ?? '');
  const patch = values.get('p');
  if (patch !== null) return { kind: 'edit', patch };
  const lesson = values.get('lesson');
  if (lesson !== null) return lessons.includes(Number(lesson)) ? { kind: 'edit', lesson: Number(lesson) } : BROKEN;
  if (query) return BROKEN;
  if (!file) return { kind: 'edit' };
  const [, path = '', line] = /^(.*?)(?::(\d{1,7}))?$/.exec(decoded(file)) ?? [];
  if (!isKernelPath(path)) return BROKEN;
  return line === undefined ? { kind: 'edit', path } : { kind: 'edit', path, line: Math.max(1, Number(line)) };
}

const BROKEN: EditPlace = { kind: 'edit', broken: true };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return '';
    throw error;
  }
}

/** Whether a text can be the path of a file in the kernel tree. */
export function isKernelPath(path: string): boolean {
  return path.length <= MAX_PATH && PATH.test(path);
}

/** The editor's address for a place in a file. */
export function editAddress(path: string, line: number): string {
  return `#/edit/${path}${line > 1 ? `:${line}` : ''}`;
}
