import type { ElfSection, ElfSymbol } from '../elf/object.ts';
import type { Evidence } from './evidence.ts';
import type { SectionClass } from './section-class.ts';

/**
 * A contiguous piece of a section that is compared, kept or replaced as one: a function, a variable, a string, a constant.
 * Spans of kinds `percpu` and `opaque` are only names for what may be referenced; their contents are never shipped or matched.
 */
export interface Span {
  readonly kind: SpanKind;
  readonly section: ElfSection;
  /** What its section is for. */
  readonly sectionClass: SectionClass;
  /** Word size of its object: how its instructions are decoded. */
  readonly bits: 32 | 64;
  /** Where the span begins in its section. */
  readonly offset: number;
  readonly size: number;
  /** A view of the contents; undefined if all zero and not stored (.bss). */
  readonly bytes: Uint8Array | undefined;
  /** The symbols at its start, the one that names it first. Empty for strings, constants, switch tables. */
  readonly symbols: readonly ElfSymbol[];
  /** Sorted by offset. */
  references: readonly Reference[];
  /** Sorted by offset. Only code has any; that of boot only those that tell a line. */
  sites: readonly Site[];
  /** The span of the other object that is the same thing, as far as correlation knows. */
  partner: Span | undefined;
  /** What told that the partner is the same thing. */
  decidedBy: Evidence | undefined;
}

export type SpanKind = 'text' | 'rodata' | 'string' | 'data' | 'percpu' | 'opaque';

/**
 * What a field holds: an address (`abs`), the distance to it (`pc`), or the distance to its entry in the global offset table (`got`); and of how
 * many bits. i386 kernels have only `abs32` and `pc32`.
 */
export type ReferenceKind = 'abs8' | 'abs16' | 'abs32' | 'abs64' | 'pc8' | 'pc16' | 'pc32' | 'pc64' | 'got32';

/** A field whose value depends on an address: S(target) + target.offset + bias, minus its own address if it holds a distance. */
export interface Reference {
  /** Of the field, in the span (in the replacement, for those of an alternative). */
  readonly offset: number;
  /** Bytes of the field. */
  readonly size: 1 | 2 | 4 | 8;
  readonly kind: ReferenceKind;
  readonly target: Target;
  /** What the instruction adds, where the processor counts from its end: -4 for a branch; 0 for data. */
  readonly bias: number;
  /** Resolved by the assembler: the object has no relocation here, because both ends are in one section. */
  readonly implicit: boolean;
  /** Lies in code that is replaced on every machine before it can run (an alternative for X86_FEATURE_ALWAYS). */
  readonly dead?: boolean;
}

export type Target =
  | { readonly span: Span; readonly offset: number }
  /** Not defined in this object. */
  | { readonly span: undefined; readonly name: string; readonly offset: number };

/** A place in a text span that an entry of a special table points at. */
export type Site = { readonly offset: number } & (
  | {
      readonly kind: 'alternative';
      readonly cpuid: number;
      readonly length: number;
      /** Replacement code, reference fields zeroed. */
      readonly bytes: Uint8Array;
      readonly references: readonly Reference[];
    }
  | { readonly kind: 'lock' }
  | {
      readonly kind: 'jump';
      readonly target: Target;
      readonly key: Target;
      /** The low two bits of the entry's key. */ readonly flags: number;
    }
  | { readonly kind: 'bug'; readonly file: Target | undefined; readonly line: number; readonly flags: number }
  | {
      readonly kind: 'extable';
      readonly fixup: Target;
      readonly data: number;
      /** The function that handles the exception, in kernels whose entries name one. */
      readonly handler: Target | undefined;
    }
  | { readonly kind: 'paravirt'; readonly type: number; readonly length: number }
  | {
      readonly kind: 'static-call';
      readonly key: Target;
      /** The low two bits of the entry's key. */ readonly flags: number;
    }
);

/** The symbol's name, or section and offset if nothing names the span. */
export function spanName(span: Span): string {
  return span.symbols[0]?.name ?? `${span.section.name}+0x${span.offset.toString(16)}`;
}

/** The span has an address that the whole kernel knows by name. */
export function isGlobal(span: Span): boolean {
  return (span.symbols[0]?.bind ?? 0) !== 0;
}

/** The text of a string span, without its NUL. */
export function spanText(span: Span): string {
  const bytes = span.bytes ?? new Uint8Array(0);
  const end = bytes.indexOf(0);
  return latin1(end < 0 ? bytes : bytes.subarray(0, end));
}

/** One character per byte. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
