import { failure, success, type Result } from '../../engine/failure.ts';
import type { Lesson as LessonFile } from '../../engine/pipeline/lesson.ts';
import type { Lesson, LessonStep, Unit } from './lesson.ts';

// Keys are paths from the project's root. Documents are small and come with the page; texts, patches and binaries are fetched when needed.
const documents = import.meta.glob<LessonFile>('/lessons/*/lesson.json', { query: '?lesson', import: 'default', eager: true });
const texts = import.meta.glob<readonly LessonStep[]>('/lessons/*/text.md', { query: '?lesson', import: 'default' });
const patches = import.meta.glob<string>('/lessons/*/*.patch', { query: '?raw', import: 'default' });
const objects = import.meta.glob<string>('/lessons/*/objects/**/*.o', { query: '?url', import: 'default', eager: true });
const programs = import.meta.glob<string>('/lessons/*/programs/bin/*', { query: '?url', import: 'default', eager: true });

/** The lessons of this build, in the order of their numbers. */
export const lessons: readonly Lesson[] = Object.entries(documents)
  .map(([path, document]) => open(path.slice(0, path.lastIndexOf('/')), document))
  .sort((a, b) => a.number - b.number);

function open(folder: string, document: LessonFile): Lesson {
  return {
    ...document,
    folder,
    programs: document.programs.map(({ file, guestPath, mode }) => ({
      guestPath,
      mode,
      load: () => fetchBytes(programs[`${folder}/${file}`], file),
    })),
    units: unitsOf(folder),
    patch: load(patches, `${folder}/${document.patch}`),
    steps: load(texts, `${folder}/text.md`),
  };
}

function load<T>(table: Record<string, () => Promise<T>>, path: string): () => Promise<T> {
  const loader = table[path];
  if (!loader) throw new Error(`the build has no ${path}`);
  let value: Promise<T> | undefined;
  return () => (value ??= loader());
}

function unitsOf(folder: string): readonly Unit[] {
  const pre = `${folder}/objects/pre/`;
  return Object.entries(objects).flatMap(([path, url]) => {
    if (!path.startsWith(pre)) return [];
    const unit = path.slice(pre.length);
    const post = objects[`${folder}/objects/post/${unit}`];
    return post === undefined ? [] : [{ path: unit, pre: url, post }];
  });
}

/** Fetches a file of the page. */
export async function fetchBytes(url: string | undefined, name: string): Promise<Result<Uint8Array>> {
  const hint = 'Look at the connection, then try again. If the file is missing on the server, build the page anew.';
  if (url === undefined) return failure('missing_file', 'A file of the lesson is not part of this build.', { where: name, hint });
  try {
    const response = await fetch(url);
    if (response.ok) return success(new Uint8Array(await response.arrayBuffer()));
    return failure('fetch_failed', 'A file of the lesson could not be loaded.', {
      where: name,
      found: `status ${response.status}`,
      hint,
    });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return failure('fetch_failed', 'A file of the lesson could not be loaded.', { where: name, found, hint });
  }
}
