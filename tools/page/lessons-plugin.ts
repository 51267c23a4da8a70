import { marked } from 'marked';
import { dirname, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';
import type { Failure } from '../../src/engine/failure.ts';
import { parseLesson, parseLessonText } from '../../src/engine/pipeline/lesson.ts';

const LESSON = /\/lessons\/[^/]+\/lesson\.json\?lesson$/;
const TEXT = /\/lessons\/[^/]+\/text\.md\?lesson$/;

/**
 * Lessons for the page, checked and made ready when it is built: `lesson.json?lesson` is the checked document,
 * `text.md?lesson` its steps as `{ title, html }`. A lesson that is wrong stops the build with the reason.
 */
export function lessons(): Plugin {
  return {
    name: 'hotsplice-lessons',
    enforce: 'pre',
    async load(id) {
      if (!LESSON.test(id) && !TEXT.test(id)) return undefined;
      const path = id.replace(/\?.*$/, '');
      const where = join('lessons', path.split('/lessons/')[1] ?? path);
      this.addWatchFile(path);
      const bytes = await readFile(path);
      if (LESSON.test(id)) {
        const lesson = parseLesson(bytes, where);
        if (!lesson.ok) return this.error(sentence(lesson));
        return { code: `export default ${JSON.stringify({ ...lesson.value, folder: dirname(where) })};`, moduleType: 'js' };
      }
      const steps = parseLessonText(bytes.toString('utf8'), where);
      if (!steps.ok) return this.error(sentence(steps));
      const ready = await Promise.all(
        steps.value.map(async ({ title, markdown }) => ({ title, html: await marked.parse(markdown, { gfm: true }) })),
      );
      return { code: `export default ${JSON.stringify(ready)};`, moduleType: 'js' };
    },
  };
}

function sentence({ where, message, expected, found }: Failure): string {
  return [where, message, expected && `Expected: ${expected}.`, found && `Found: ${found}.`].filter(Boolean).join(' ');
}
