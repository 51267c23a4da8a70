import * as v from 'valibot';
import type { Changes } from '../diff/changes.ts';
import { EVIDENCE } from '../diff/evidence.ts';
import { HOOK_KINDS } from '../diff/hooks.ts';
import { IGNORED_KINDS } from '../diff/ignored.ts';
import { REFUSALS, type RefusalCode } from '../diff/refusal.ts';

const text = v.pipe(v.string(), v.maxLength(100_000));
const count = v.pipe(v.number(), v.integer());
const status = v.picklist(['changed', 'new', 'removed'] as const);
const small = v.picklist(['new', 'dropped'] as const);
const comesOrGoes = v.picklist(['new', 'removed'] as const);
const says = { text };

const reason = v.variant('kind', [
  v.object({ kind: v.literal('bytes'), symbol: text, offset: count, ...says }),
  v.object({ kind: v.literal('size'), symbol: text, pre: count, post: count, ...says }),
  v.object({ kind: v.literal('relocation'), symbol: text, offset: count, pre: text, post: text, ...says }),
  v.object({ kind: v.literal('string'), pre: v.optional(text), post: v.optional(text), ...says }),
  v.object({ kind: v.literal('callee'), name: text, status: small, ...says }),
  v.object({ kind: v.literal('inline'), name: text, ...says }),
  v.object({ kind: v.literal('section'), symbol: text, pre: text, post: text, ...says }),
  v.object({ kind: v.literal('line'), pre: count, post: count, ...says }),
  v.object({ kind: v.literal('table'), table: text, ...says }),
  v.object({ kind: v.literal('data'), name: text, ...says }),
  v.object({ kind: v.literal('clone'), pre: text, post: text, ...says }),
  v.object({ kind: v.literal('middle'), name: text, ...says }),
  v.object({ kind: v.literal('piece'), name: text, status: small, ...says }),
  v.object({ kind: v.literal('pulled-in'), by: text, ...says }),
]);

const place = v.object({ symbol: text, offset: count });
const target = v.object({
  target: text,
  to: v.picklist(['function', 'string', 'constant', 'data', 'unknown'] as const),
  identity: v.exactOptional(text),
  place: v.exactOptional(place),
  table: v.exactOptional(v.array(place)),
});
const relocation = v.object({
  offset: count,
  size: v.literal(4),
  kind: v.picklist(['abs32', 'pc32'] as const),
  ...target.entries,
});
const bytes = v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/));
const site = v.variant('kind', [
  v.object({
    kind: v.literal('alternative'),
    offset: count,
    length: count,
    feature: count,
    bytes,
    relocations: v.array(relocation),
  }),
  v.object({ kind: v.literal('lock'), offset: count }),
  v.object({ kind: v.literal('jump'), offset: count, key: target, target, flags: count }),
  v.object({ kind: v.literal('bug'), offset: count, file: v.exactOptional(text), line: count, flags: count }),
  v.object({ kind: v.literal('extable'), offset: count, fixup: target, data: count, handler: v.exactOptional(target) }),
  v.object({ kind: v.literal('paravirt'), offset: count, type: count, length: count }),
  v.object({ kind: v.literal('static-call'), offset: count, key: target, flags: count }),
]);
const code = v.object({
  symbol: text,
  section: text,
  size: count,
  bits: v.picklist([32, 64] as const),
  bytes,
  relocations: v.array(relocation),
  sites: v.array(site),
});
const refusal = v.object({
  code: v.picklist(Object.keys(REFUSALS) as RefusalCode[]),
  symbol: v.exactOptional(text),
  section: v.exactOptional(text),
  file: v.exactOptional(text),
  line: v.exactOptional(count),
  message: text,
  rule: text,
  hint: text,
  allowable: v.exactOptional(v.literal(true)),
});
const evidence = v.picklist(EVIDENCE);

const changes = v.object({
  object: text,
  verdict: v.picklist(['changed', 'unchanged', 'refused'] as const),
  functions: v.array(
    v.object({
      name: text,
      status,
      reasons: v.array(reason),
      pieces: v.array(v.object({ symbol: text, pre: v.optional(code), post: v.optional(code), decidedBy: v.optional(evidence) })),
    }),
  ),
  data: v.array(
    v.object({
      name: text,
      status,
      section: text,
      size: count,
      pulledBy: v.array(v.object({ kind: v.picklist(['string', 'data'] as const), name: text })),
      how: v.exactOptional(v.picklist(['in place', 'copy'] as const)),
    }),
  ),
  hooks: v.array(v.object({ kind: v.picklist(HOOK_KINDS), function: text })),
  exports: v.array(v.object({ name: text, status: comesOrGoes, gpl: v.boolean(), namespace: v.exactOptional(text) })),
  lineOnly: v.array(text),
  refusals: v.array(refusal),
  ignored: v.array(v.object({ name: text, section: text, kind: v.picklist(IGNORED_KINDS), note: text })),
  pairs: v.array(v.object({ pre: text, post: text, section: text, decidedBy: evidence })),
});

/** Reads `debug/changes.json`; undefined if it is not what createUpdate writes. */
export function parseChanges(json: string): Changes[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(v.array(changes), value);
  if (!parsed.success) return undefined;
  return parsed.output.map((unit) => ({
    ...unit,
    lineOnlyCode: [],
    functions: unit.functions.map((change) => ({
      ...change,
      reasons: change.reasons.map((item) => (item.kind === 'string' ? { ...item, pre: item.pre, post: item.post } : item)),
      pieces: change.pieces.map((piece) => ({
        symbol: piece.symbol,
        pre: piece.pre,
        post: piece.post,
        decidedBy: piece.decidedBy,
      })),
    })),
  }));
}
