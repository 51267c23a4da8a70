/** A line of a check's output. */
export interface OutputLine {
  readonly text: string;
  /** The output it is compared with has no such line. */
  readonly differs: boolean;
}

/** The lines of `output`, with those marked that `other` does not have. Without another nothing is marked. */
export function outputLines(output: string, other: string | undefined): readonly OutputLine[] {
  const known = other === undefined ? undefined : new Set(other.split('\n'));
  return output.split('\n').map((text) => ({ text, differs: known !== undefined && !known.has(text) }));
}
