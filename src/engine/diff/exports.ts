import { latin1, spanName, type Span, type Target } from './span.ts';

/** A symbol that a unit exports to modules. */
export interface Export {
  readonly name: string;
  readonly gpl: boolean;
  /** Empty for none; undefined where the object does not tell. */
  readonly namespace: string | undefined;
  /** What is exported. */
  readonly value: Target | undefined;
  readonly section: string;
}

const SECTION = /^___ksymtab(?:_gpl)?\+(.+)$/;
const SYMBOL = /^__ksymtab_(.+)$/;
const NAMESPACE_OFFSET = 8;

/** The exports of a unit by name: EXPORT_SYMBOL() makes an entry `__ksymtab_<name>` for each, as a rule in a section `___ksymtab+<name>`. */
export function readExports(spans: readonly Span[]): ReadonlyMap<string, Export> {
  const exports = new Map<string, Export>();
  for (const span of spans) {
    if (span.sectionClass !== 'export') continue;
    const name = SECTION.exec(span.section.name)?.[1] ?? SYMBOL.exec(span.symbols[0]?.name ?? '')?.[1];
    if (name === undefined) continue;
    const at = (offset: number): Target | undefined => span.references.find((one) => one.offset === offset)?.target;
    const gpl = /^___?ksymtab_gpl/.test(span.section.name);
    exports.set(name, { name, gpl, namespace: text(at(NAMESPACE_OFFSET)), value: at(0), section: span.section.name });
  }
  return exports;
}

function text(target: Target | undefined): string | undefined {
  const { data } = target?.span?.section ?? {};
  const start = (target?.span?.offset ?? 0) + (target?.offset ?? 0);
  const end = data?.indexOf(0, start) ?? -1;
  return data && start >= 0 && end >= start ? latin1(data.subarray(start, end)) : undefined;
}

/** Exports that come and go. One whose kind or namespace changed does both. */
export interface ExportChanges {
  readonly added: readonly Export[];
  readonly removed: readonly Export[];
}

export function compareExports(pre: ReadonlyMap<string, Export>, post: ReadonlyMap<string, Export>): ExportChanges {
  const same = (a: Export, b: Export | undefined): boolean => a.gpl === b?.gpl && a.namespace === b.namespace;
  const left = (here: ReadonlyMap<string, Export>, there: ReadonlyMap<string, Export>): Export[] =>
    [...here.values()].filter((one) => !same(one, there.get(one.name))).sort(byName);
  return { added: left(post, pre), removed: left(pre, post) };
}

/** As the kernel sorts its tables. */
function byName(a: Export, b: Export): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Why something cannot be exported from an update; undefined if it can. */
export function cannotExport({ name, value }: Export): string | undefined {
  if (!value) return `${name} is exported, and nothing tells what it is.`;
  const { span } = value;
  if (span?.kind === 'percpu' && !span.partner)
    return `${spanName(span)} is a new variable of each processor, which an update cannot bring.`;
  if (span?.kind === 'opaque') return `${spanName(span)} in ${span.section.name} is not in the running kernel.`;
  return undefined;
}
