/** The events of the core's trace and the form of their fields. See docs/trace.md for what each means. */

type Form = 'text' | 'number' | 'address' | 'hex' | 'flag' | readonly string[];

const FORMS: Readonly<Record<string, { readonly pattern: RegExp; readonly words: string }>> = {
  text: { pattern: /^[\s\S]{0,4096}$/, words: 'text' },
  number: { pattern: /^\d{1,15}$/, words: 'a decimal number' },
  address: { pattern: /^[0-9a-f]{8}$/, words: '8 hex digits' },
  hex: { pattern: /^(?:[0-9a-f]{2}){0,2048}$/, words: 'bytes in hex' },
  flag: { pattern: /^[01]$/, words: '0 or 1' },
};

const ADDRESS = 'address';
const SITE = ['alternative', 'lock', 'jump', 'bug', 'extable'];
const SECTION = ['text', 'rodata', 'string', 'data'];

/** Fields by event; a name that ends in `?` may be missing. */
const EVENTS: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  begin: { op: ['apply', 'reverse'], id: 'text' },
  target: { name: 'text', loaded: 'flag' },
  hold: { module: 'text' },
  round: { n: 'number', 'target?': 'text' },
  candidate: {
    label: 'text',
    addr: ADDRESS,
    why: ['bytes', 'reloc', 'symbol', 'site', 'string'],
    offset: 'number',
    'expected?': 'hex',
    'found?': 'hex',
    'symbol?': 'text',
    'value?': ADDRESS,
    'known?': ADDRESS,
  },
  section: { label: 'text', kind: SECTION, addr: ADDRESS, size: 'number', relocs: 'number', sites: 'number', candidates: 'number' },
  symbol: { label: 'text', value: ADDRESS, from: 'text', offset: 'number', 'by?': 'text' },
  site: { label: 'text', offset: 'number', kind: SITE, skipped: 'number' },
  rewrite: { label: 'text', offset: 'number', kind: SITE, 'pre?': 'hex', 'run?': 'hex' },
  unmatched: { label: 'text', kind: SECTION, candidates: 'number', 'fits?': 'number' },
  twins: { label: 'text', fits: 'number' },
  lost: { lines: 'number' },
  matched: { sections: 'number', symbols: 'number', bytes: 'number', 'target?': 'text' },
  field: { addr: ADDRESS, symbol: 'text', value: ADDRESS, kind: ['abs32', 'pc32'] },
  resolve: { symbol: 'text', value: ADDRESS, fields: 'number' },
  hook: { kind: 'text', label: 'text', result: 'text' },
  try: { n: 'number' },
  thread: {
    pid: 'number',
    comm: 'text',
    words: 'number',
    busy: 'flag',
    'from?': ADDRESS,
    'zero?': 'number',
    'text?': 'number',
    'module?': 'number',
    'stack?': 'number',
    'other?': 'number',
  },
  conflict: { pid: 'number', comm: 'text', label: 'text', word: ADDRESS, slot: ADDRESS },
  stop: { n: 'number', ns: 'number', threads: 'number', words: 'number' },
  splice: { name: 'text', label: 'text', addr: ADDRESS, new: ADDRESS, before: 'hex', after: 'hex' },
  restore: { name: 'text', label: 'text', addr: ADDRESS, before: 'hex', after: 'hex' },
  write: { name: 'text', label: 'text', addr: ADDRESS, before: 'hex', after: 'hex', kind: ['data', 'bug', 'export'] },
  stage: { value: ['preparing', 'applied', 'reversed'] },
  abort: { cause: 'text', 'label?': 'text' },
  end: { result: 'text', ns: 'number' },
};

export interface Objection {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** What is wrong with the fields of an event, or nothing. Events that are not in the table are not judged. */
export function objectionTo(event: string, fields: Readonly<Record<string, string>>): Objection | undefined {
  const forms = Object.hasOwn(EVENTS, event) ? EVENTS[event] : undefined;
  if (!forms) return undefined;
  for (const [key, form] of Object.entries(forms)) {
    const name = key.replace('?', '');
    const value = fields[name];
    if (value === undefined) {
      if (key === name) return { what: `it has no ${name}`, expected: `${name}=`, found: Object.keys(fields).join(' ') || 'no fields' };
    } else if (typeof form !== 'string') {
      if (!form.includes(value)) return { what: `${name} is none of its words`, expected: form.join(', '), found: value.slice(0, 80) };
    } else {
      const { pattern, words } = FORMS[form] ?? { pattern: /^$/, words: 'nothing' };
      if (!pattern.test(value)) return { what: `${name} is not ${words}`, expected: words, found: value.slice(0, 80) };
    }
  }
  return undefined;
}

/** The known events, for tests. */
export const TRACE_EVENTS = Object.keys(EVENTS);
