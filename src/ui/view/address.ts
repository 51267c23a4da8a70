/** Where a person is: a lesson by its number, a step counted from 0. */
export interface Place {
  readonly lesson: number;
  readonly step: number;
}

/** Reads `#/3/2` (lesson 3, second step). Anything else, or a lesson that does not exist, is the first lesson's beginning. */
export function lessonAt(hash: string, lessons: readonly number[]): Place {
  const match = /^#\/(\d{1,3})(?:\/(\d{1,3}))?$/.exec(hash);
  const lesson = Number(match?.[1]);
  if (!match || !lessons.includes(lesson)) return { lesson: lessons[0] ?? 1, step: 0 };
  return { lesson, step: Math.max(0, Number(match[2] ?? 1) - 1) };
}
