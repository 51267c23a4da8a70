/** File names for tabs: with the folder in front where two files have the same name. */
export function tabNames(paths: readonly string[]): readonly string[] {
  const last = (path: string, parts: number) => path.split('/').slice(-parts).join('/');
  return paths.map((path) => {
    for (let parts = 1; parts < path.split('/').length; parts++) {
      const name = last(path, parts);
      if (!paths.some((other) => other !== path && last(other, parts) === name)) return name;
    }
    return path;
  });
}
