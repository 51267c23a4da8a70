import type { BootDifference } from './boot.ts';
import { isCode } from './lines.ts';
import { refusal, type Refusal } from './refusal.ts';
import { isExit } from './section-class.ts';
import { spanName } from './span.ts';

/** What is left of boot, or of leaving, when running code is replaced: a change that needs both would be half done. */
export function bootRefusals(differences: readonly BootDifference[]): Refusal[] {
  return differences.map(({ span, status }) => {
    const name = spanName(span);
    const at = { symbol: name, section: span.section.name, allowable: true as const };
    const what = `${isExit(span.section.name) ? 'exit' : 'boot'} ${isCode(span) ? 'code' : 'data'}`;
    if (isExit(span.section.name))
      return refusal(
        'init_changed',
        `${name} is ${status === 'new' ? 'new' : 'changed'} ${what}, which a kernel never runs.`,
        at,
      );
    if (status === 'new') return refusal('init_changed', `${name} is new ${what}, and the kernel has booted without it.`, at);
    const used = isCode(span) ? 'it has already run' : 'boot has used it already';
    return refusal('init_changed', `${name} is changed ${what}, and ${used}.`, at);
  });
}
