/** True if a path is named by the glob: `*` stays within a folder, `**` does not, `?` is one character. */
export function globMatches(glob: string, path: string): boolean {
  if (!/[*?]/.test(glob)) return glob === path;
  const source = glob.replace(/\*\*\/?|\*|\?|[^*?]+/g, (part) => {
    if (part.startsWith('**')) return part.endsWith('/') ? '(?:.*/)?' : '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`).test(path);
}
