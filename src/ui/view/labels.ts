/** A label in its parts: `do_utimes<fs/utimes.o>~1` is `do_utimes`, `fs/utimes.o`. A global symbol has no unit. */
export interface LabelParts {
  readonly name: string;
  readonly unit?: string;
}

export function labelParts(label: string): LabelParts {
  const parts = /^([^<]*)<([^>]*)>(~\d+)?$/.exec(label);
  return parts ? { name: `${parts[1] ?? ''}${parts[3] ?? ''}`, unit: parts[2] } : { name: label };
}

/** `version_proc_show<fs/proc/version.o>`, `20` → `version_proc_show+0x14`. */
export function placeIn(label: string, offset: string): string {
  return `${labelParts(label).name}+0x${Number(offset).toString(16)}`;
}
