/**
 * What told that a span of pre and one of post are the same thing, strongest first: the name that nothing else in the unit has; the name within its
 * source file; the name of the function it is a clone or piece of; what refers to it from the same place; equal contents; an unnamed section's name
 * and place; and, last, only the order among several that nothing else tells apart.
 */
export const EVIDENCE = ['name', 'file', 'clone', 'references', 'content', 'place', 'order'] as const;

export type Evidence = (typeof EVIDENCE)[number];

/** The same for a person. */
export const EVIDENCE_TEXT: Readonly<Record<Evidence, string>> = {
  name: 'by its name',
  file: 'by its name and source file',
  clone: 'by the name of its function',
  references: 'by what refers to it',
  content: 'by its contents',
  place: 'by its place in a section',
  order: 'by the order of several only',
};
