import { describe, expect, it } from 'vitest';
import { lessonUpdateId, meets, parseLesson, parseLessonText } from './lesson.ts';

const GOOD = {
  id: 'a-b',
  number: 1,
  title: 'T',
  summary: 'S.',
  kernel: 'k',
  expects: 'applied',
  patch: 'change.patch',
  programs: [{ file: 'programs/bin/p', guestPath: '/usr/local/bin/p', mode: '755' }],
  check: { title: 'C', command: 'p', user: 'student', before: { status: 0 }, after: { stdout: '^x$' } },
};

const parse = (value: unknown) => parseLesson(new TextEncoder().encode(JSON.stringify(value)), 'lesson.json');

describe('parseLesson', () => {
  it('reads a lesson and gives modes as numbers and a time limit', () => {
    const parsed = parse(GOOD);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(parsed.value.programs[0]?.mode).toBe(0o755);
    expect(parsed.value.check.timeoutMs).toBe(30_000);
  });

  it.each([
    ['check.before.stdout', { ...GOOD, check: { ...GOOD.check, before: { stdout: '(' } } }],
    ['check.after', { ...GOOD, check: { ...GOOD.check, after: {} } }],
    ['check.user', { ...GOOD, check: { ...GOOD.check, user: 'daemon' } }],
    ['patch', { ...GOOD, patch: '../../etc/passwd' }],
    ['patch', { ...GOOD, patch: '/etc/passwd' }],
    ['programs.0.guestPath', { ...GOOD, programs: [{ file: 'p', guestPath: '/bin/../p', mode: '755' }] }],
    ['programs.0.mode', { ...GOOD, programs: [{ file: 'p', guestPath: '/bin/p', mode: 755 }] }],
    ['id', { ...GOOD, id: 'A b' }],
    ['expects', { ...GOOD, expects: 'fine' }],
    ['steps', { ...GOOD, steps: [] }],
  ])('names %s when it is wrong', (path, value) => {
    const parsed = parse(value);
    expect(parsed).toMatchObject({ ok: false, code: 'bad_lesson', where: 'lesson.json' });
    expect(!parsed.ok && parsed.message).toContain(` ${path} `);
  });

  it('refuses what is not JSON, not UTF-8, or too large', () => {
    for (const bytes of [new Uint8Array(), new Uint8Array([0xff, 0x7b]), new Uint8Array(65 * 1024).fill(0x20)]) {
      expect(parseLesson(bytes, 'x')).toMatchObject({ ok: false, code: 'bad_lesson', where: 'x' });
    }
  });
});

describe('parseLessonText', () => {
  it('splits at headings of the second level', () => {
    expect(parseLessonText('# L\n\nintro\n\n## One\n\na\n\n### sub\n\n## Two\nb\n', 't')).toEqual({
      ok: true,
      value: [
        { title: 'One', markdown: 'a\n\n### sub' },
        { title: 'Two', markdown: 'b' },
      ],
    });
  });

  it('refuses a text without steps and a step without text', () => {
    expect(parseLessonText('# L\n', 't')).toMatchObject({ ok: false, code: 'bad_lesson' });
    expect(parseLessonText('## One\n\n## Two\n\nb\n', 't')).toMatchObject({ ok: false, message: 'The step “One” is empty.' });
  });
});

describe('meets', () => {
  it('wants status and output, line by line', () => {
    expect(meets({ status: 1, stdout: '^b$' }, { status: 1, stdout: 'a\nb\n' })).toBe(true);
    expect(meets({ status: 1, stdout: '^b$' }, { status: 0, stdout: 'a\nb\n' })).toBe(false);
    expect(meets({ stdout: '^c$' }, { status: 0, stdout: 'a\nb\n' })).toBe(false);
  });
});

it('makes update ids that the core takes', () => {
  expect(lessonUpdateId('dirty-pipe')).toBe('dirty_pipe');
});
