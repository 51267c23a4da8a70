/** Room for the number behind the name: an id has at most 31 characters. */
const NAME_LENGTH = 24;

/** The id of a draft's `count`th update: its name in lower-case letters, digits and underscores, and the number. */
export function updateId(name: string, count: number): string {
  const word = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, NAME_LENGTH)
    .replace(/_+$/, '');
  return `${word || 'edit'}_${count}`;
}
