import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLesson, parseLessonText, type Lesson } from '../src/engine/pipeline/lesson.ts';

const root = import.meta.dirname;
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

const ABORT_CAUSES = ['no_match', 'code_busy', 'module_busy', 'failed_to_find', 'call_failed', 'target_not_loaded'];

function read(folder: string): Lesson {
  const parsed = parseLesson(readFileSync(join(root, folder, 'lesson.json')), `lessons/${folder}/lesson.json`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

function files(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** e_ident's class and byte order, e_type, e_machine. */
function elf(path: string): { class32: boolean; little: boolean; type: number; machine: number } {
  const bytes = readFileSync(path);
  expect(bytes.subarray(0, 4).toString('latin1'), path).toBe('\x7fELF');
  return { class32: bytes[4] === 1, little: bytes[5] === 1, type: bytes.readUInt16LE(16), machine: bytes.readUInt16LE(18) };
}

describe('the lessons', () => {
  it('are numbered from 1 without a gap, each with an id of its own', () => {
    const lessons = folders.map(read);
    expect(lessons.map((lesson) => lesson.number)).toEqual(folders.map((_, index) => index + 1));
    expect(new Set(lessons.map((lesson) => lesson.id)).size).toBe(folders.length);
    expect(folders.length).toBeGreaterThanOrEqual(5);
  });

  it('include one that must be refused', () => {
    expect(folders.map(read).filter((lesson) => lesson.expects !== 'applied')).not.toEqual([]);
  });
});

describe.each(folders)('lesson %s', (folder) => {
  const home = join(root, folder);
  const lesson = read(folder);

  it('is in a folder named after its number and id', () => {
    expect(folder).toBe(`${String(lesson.number).padStart(2, '0')}-${lesson.id}`);
  });

  it('has a text with steps', () => {
    const steps = parseLessonText(readFileSync(join(home, 'text.md'), 'utf8'), `lessons/${folder}/text.md`);
    expect(steps.ok && steps.value.length).toBeGreaterThanOrEqual(4);
  });

  it('has a patch in git form', () => {
    const patch = readFileSync(join(home, lesson.patch), 'utf8');
    const names = [...patch.matchAll(/^diff --git a\/(\S+) b\/(\S+)\n--- a\/(\S+)\n\+\+\+ b\/(\S+)\n@@ /gm)];
    expect(names.length).toBeGreaterThan(0);
    for (const [, ...four] of names) expect(new Set(four).size).toBe(1);
    expect(patch.match(/^diff --git /gm)).toHaveLength(names.length);
    expect(patch.endsWith('\n')).toBe(true);
  });

  it('has a check that tells before from after, unless it is to be refused', () => {
    const { before, after } = lesson.check;
    if (lesson.expects === 'applied') expect(before).not.toEqual(after);
    else {
      expect(before).toEqual(after);
      expect(ABORT_CAUSES).toContain(lesson.expects.refused);
    }
  });

  it('has programs that are static i386 binaries with their source beside them', () => {
    for (const { file, mode } of lesson.programs) {
      expect(file).toMatch(/^programs\/bin\/[a-z-]+$/);
      expect(existsSync(join(home, `${file.replace('/bin/', '/')}.c`)), `${file} has a source`).toBe(true);
      expect(elf(join(home, file))).toEqual({ class32: true, little: true, type: 2, machine: 3 });
      expect(statSync(join(home, file)).size).toBeLessThan(128 * 1024);
      expect(mode & 0o111).not.toBe(0);
      expect(mode & 0o7000, `${file} needs no special right`).toBe(0);
    }
    expect(files(join(home, 'programs/bin')).map((name) => `programs/bin/${name}`)).toEqual(
      lesson.programs.map(({ file }) => file).sort(),
    );
  });

  it('has pre and post objects of the same units, all different', () => {
    const pre = files(join(home, 'objects/pre'));
    expect(pre.length).toBeGreaterThan(0);
    expect(files(join(home, 'objects/post'))).toEqual(pre);
    for (const unit of pre) {
      const [before, after] = [join(home, 'objects/pre', unit), join(home, 'objects/post', unit)];
      for (const path of [before, after]) expect(elf(path)).toEqual({ class32: true, little: true, type: 1, machine: 3 });
      expect(readFileSync(before).equals(readFileSync(after)), unit).toBe(false);
    }
  });
});
