import type { ElfSection } from '../elf/object.ts';
import { refusal, type Refusal } from './refusal.ts';
import { spanName, type Span } from './span.ts';
import { targetsOf } from './targets.ts';

/** When a hook runs, by the names of include/linux/ksplice-patch.h. */
export const HOOK_KINDS = [
  'pre_apply',
  'check_apply',
  'apply',
  'post_apply',
  'fail_apply',
  'pre_reverse',
  'check_reverse',
  'reverse',
  'post_reverse',
  'fail_reverse',
] as const;

export type HookKind = (typeof HOOK_KINDS)[number];

/** Hooks that run while the kernel goes by its old code. */
const WITH_OLD_CODE: ReadonlySet<HookKind> = new Set<HookKind>(['pre_apply', 'check_apply', 'fail_apply', 'post_reverse']);

/** A function of the update that the core calls while it applies or reverses it. */
export interface Hook {
  readonly kind: HookKind;
  readonly function: Span;
}

const PREFIX = '.ksplice_call_';
const POINTER_SIZE = 4;

/** The hooks of a unit, in the order of its object, and what in their sections is not one. */
export function readHooks(spans: readonly Span[]): { hooks: Hook[]; refusals: Refusal[] } {
  const hooks: Hook[] = [];
  const refusals: Refusal[] = [];
  const read = new Set<ElfSection>();
  for (const { section, sectionClass } of spans) {
    if (sectionClass !== 'hook' || read.has(section)) continue;
    read.add(section);
    const kind = HOOK_KINDS.find((one) => section.name === PREFIX + one);
    if (kind === undefined) {
      const message = `${section.name.slice(PREFIX.length)} is no hook; there are ${HOOK_KINDS.join(', ')}.`;
      refusals.push(refusal('bad_hook', message, { section: section.name }));
      continue;
    }
    const pointers = spans
      .filter((span) => span.section === section)
      .flatMap((span) => span.references.map((reference) => ({ ...reference, offset: span.offset + reference.offset })));
    const whole = pointers.length * POINTER_SIZE === section.size;
    pointers.forEach(({ kind: field, offset, target }, index) => {
      const { span } = target;
      const good = whole && field === 'abs32' && offset === index * POINTER_SIZE;
      if (good && span?.kind === 'text' && target.offset === 0) hooks.push({ kind, function: span });
      else refusals.push(notAFunction(section, span ? spanName(span) : target.name));
    });
    if (pointers.length === 0) refusals.push(notAFunction(section, undefined));
  }
  return { hooks, refusals };
}

function notAFunction({ name }: ElfSection, symbol: string | undefined): Refusal {
  const message = `${name} holds ${symbol ?? 'something'}, which is not the address of a function of this unit.`;
  return refusal('bad_hook', message, { section: name, ...(symbol !== undefined && { symbol }) });
}

/** The hooks of post that pre does not have: the others have had their time when an earlier update was applied. */
export function newHooks(pre: readonly Hook[], post: readonly Hook[]): Hook[] {
  const known = (hook: Hook): boolean => pre.some((one) => one.kind === hook.kind && one.function.partner === hook.function);
  return post.filter((hook, index) => {
    const first = post.findIndex((one) => one.kind === hook.kind && one.function === hook.function) === index;
    return first && !known(hook);
  });
}

/** What of a unit decides where its hooks lead. */
export interface HookSide {
  readonly objectPath: string;
  readonly hooks: readonly Hook[];
  /** Post spans that the update carries. */
  readonly shipped: readonly Span[];
  /** Pre functions that the update replaces. */
  readonly changed: ReadonlySet<Span>;
}

/** A hook that runs beside old code, and the way from it into code that replaces other code. */
export interface HookChain {
  readonly objectPath: string;
  readonly hook: Hook;
  /** The hook's function first, the replaced one last. */
  readonly chain: readonly Span[];
}

/**
 * Hooks that run while the old code is in use may not come to new versions of it: half of the kernel's state would be treated by the old rules and
 * half by the new ones. Follows references through the code and data of all given units, the shortest way first.
 */
export function hookChains(units: readonly HookSide[]): HookChain[] {
  const shipped = new Set(units.flatMap((unit) => unit.shipped));
  const globals = new Map<string, Span>();
  for (const span of shipped)
    for (const symbol of span.symbols) if (symbol.bind !== 0 && span.sectionClass === 'text') globals.set(symbol.name, span);
  const replaces = (span: Span): boolean =>
    span.kind === 'text' && span.partner !== undefined && units.some(({ changed }) => span.partner && changed.has(span.partner));
  const chains: HookChain[] = [];
  for (const { objectPath, hooks } of units) {
    for (const hook of hooks) {
      if (!WITH_OLD_CODE.has(hook.kind)) continue;
      const from = new Map<Span, Span | undefined>([[hook.function, undefined]]);
      for (const span of from.keys()) {
        if (replaces(span)) {
          chains.push({ objectPath, hook, chain: wayTo(span, from) });
          break;
        }
        for (const target of targetsOf(span)) {
          const to = target.span ?? globals.get(target.name);
          if (to && shipped.has(to) && !from.has(to)) from.set(to, span);
        }
      }
    }
  }
  return chains;
}

function wayTo(end: Span, from: ReadonlyMap<Span, Span | undefined>): Span[] {
  const way: Span[] = [];
  for (let span: Span | undefined = end; span; span = from.get(span)) way.unshift(span);
  return way;
}

/** What is wrong about such a way. */
export function chainRefusal({ hook, chain }: HookChain): Refusal {
  const names = chain.map((span) => spanName(span));
  const message = `The ${hook.kind} hook comes to ${names.at(-1) ?? ''}, which this update replaces: ${names.join(' → ')}.`;
  return refusal('hook_reaches_replaced', message, { symbol: spanName(hook.function), section: PREFIX + hook.kind });
}
