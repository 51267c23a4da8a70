import type { Changes, FunctionChange, Reason } from '../diff/changes.ts';
import { sourceName } from '../diff/names.ts';
import type { PatchPlace } from './patch-places.ts';
import type { SourceUse } from './source-uses.ts';
import {
  differs,
  type AlignedPiece,
  type Chain,
  type ChainNode,
  type ChainStep,
  type DefinitionKind,
  type DifferenceKind,
  type Via,
} from './why.ts';

/** What is known about a unit besides its objects. */
export interface Evidence {
  /** What the patch changes; undefined if there is no patch. */
  readonly places: readonly PatchPlace[] | undefined;
  /** Functions of the unit whose source uses what the patch changes. Empty if the source is not at hand. */
  readonly uses: readonly SourceUse[];
  /** The files of the patch that the unit is made from, if that is known; else its source and headers are taken for them. */
  readonly files: readonly string[] | undefined;
  /** The aligned instructions of the unit's functions, by name. */
  readonly aligned: ReadonlyMap<string, readonly AlignedPiece[]>;
}

/** Chains that are shown for one function at most. */
const MOST_CHAINS = 6;

/** Explains functions of one unit: follows what pulled them in back to the patch. What the evidence does not show is said to be unknown. */
export class Chains {
  readonly #changes: Changes;
  readonly #evidence: Evidence;
  readonly #source: string;

  constructor(changes: Changes, evidence: Evidence) {
    this.#changes = changes;
    this.#evidence = evidence;
    this.#source = changes.object.replace(/\.o$/, '.c');
  }

  /** From the patch, or as far back as is known, to the function. Never empty. */
  of(change: FunctionChange): Chain[] {
    const found = this.#function(change, new Set());
    const known = found.filter(isKnown);
    const chains = (known.length > 0 ? known : found).slice(0, MOST_CHAINS);
    return chains.length > 0 ? chains : [this.#unknown(change)];
  }

  #function(change: FunctionChange, passed: ReadonlySet<string>): Chain[] {
    const me: ChainNode = { kind: 'function', name: change.name };
    const key = `function ${change.name}`;
    if (passed.has(key)) return [];
    const own = this.#ownPlace(change.name);
    if (own)
      return [chain([{ node: own.node }, step(me, 'lines', `The patch changes ${lines(own)} of ${sourceName(change.name)}.`)])];
    const via = new Set([...passed, key]);
    return dedupe([
      ...change.reasons.flatMap((reason) => this.#throughReason(change, reason, via, me)),
      ...this.#throughSource(change, me),
      ...this.#throughPattern(change, me),
    ]);
  }

  /** Where the patch changes the function itself. */
  #ownPlace(name: string): PatchPlace | undefined {
    const names = sourceNames(name);
    const own = (this.#evidence.places ?? []).filter(
      ({ what, names: defined }) => (what === 'function' || what === 'other') && defined.some((one) => names.includes(one)),
    );
    // Another C file may have a function of the same name.
    const { files } = this.#evidence;
    return (
      own.find(({ path }) => path === this.#source) ??
      own.find(({ path }) => (files ? files.includes(path) : path.endsWith('.h')))
    );
  }

  #throughReason(change: FunctionChange, reason: Reason, passed: ReadonlySet<string>, me: ChainNode): Chain[] {
    switch (reason.kind) {
      case 'string':
        return this.#string(reason.post ?? reason.pre ?? '').map((before) => extend(before, me, 'string', `${reason.text}`));
      case 'data':
        return this.#data(reason.name, passed).map((before) => extend(before, me, 'data', reason.text));
      case 'inline':
        return this.#inlined(reason.name, passed).map((before) =>
          extend(before, me, 'inlined', `The call of ${sourceName(reason.name)} is gone, and so is its own code.`),
        );
      case 'middle':
      case 'callee': {
        const other = this.#changes.functions.find(
          ({ name }) => name === reason.name || clonedTo(name, this.#changes, reason.name),
        );
        if (!other || other === change) return [];
        const clone = other.reasons.some(({ kind }) => kind === 'clone');
        const via = reason.kind === 'middle' ? 'middle' : clone ? 'clone' : 'callee';
        // That it calls what is new does not explain it: somebody wrote the call.
        if (via === 'callee' && other.status !== 'removed') return [];
        const text = clone ? `It calls ${reason.name}, which the compiler made anew.` : reason.text;
        return this.#back(other, passed).map((before) => extend(before, me, via, text));
      }
      default:
        return [];
    }
  }

  /** A string: the changed line that has its text. Within a macro, the macro. */
  #string(text: string): Chain[] {
    const node: ChainNode = { kind: 'string', text };
    const place = (this.#evidence.places ?? []).find((one) =>
      one.lines.some((line) => line.startsWith('+') && hasText(line, text)),
    );
    if (!place) return [chain([{ node }])];
    const line = place.lines.find((one) => one.startsWith('+') && hasText(one, text)) ?? place.node.text;
    const start = chain([{ node: { ...place.node, text: line } }]);
    const [name] = place.names;
    const evidence = `The changed line has its text.`;
    if (place.what !== 'macro' || name === undefined) return [extend(start, node, 'lines', evidence)];
    return [
      extend(
        extend(start, { kind: 'source', what: 'macro', name }, 'lines', `The patch changes ${lines(place)} of ${name}.`),
        node,
        'macro',
        evidence,
      ),
    ];
  }

  #data(name: string, passed: ReadonlySet<string>): Chain[] {
    const key = `data ${name}`;
    const node: ChainNode = { kind: 'data', name };
    if (passed.has(key)) return [];
    const base = name.replace(/\.\d+$/, '');
    const own = (this.#evidence.places ?? []).find(
      ({ what, names, lines: changed }) => what === 'variable' && names.includes(base) && changed.length > 0,
    );
    if (own) return [chain([{ node: own.node }, step(node, 'lines', `The patch changes ${lines(own)} of ${base}.`)])];
    // A static variable of a function is declared in a line of it.
    const inside = (this.#evidence.places ?? []).find(({ lines: changed }) =>
      changed.some((line) => /\bstatic\b/.test(line) && hasWord(line, base)),
    );
    if (inside) return [chain([{ node: inside.node }, step(node, 'lines', `A changed line declares ${base}.`)])];
    const datum = this.#changes.data.find((one) => one.name === name);
    const via = new Set([...passed, key]);
    const before = (datum?.pulledBy ?? []).flatMap((pull) =>
      pull.kind === 'string' ? this.#string(pull.name) : this.#data(pull.name, via),
    );
    if (before.length === 0) return [chain([{ node }])];
    return before.map((one) =>
      extend(one, node, one.steps.at(-1)?.node.kind === 'string' ? 'string' : 'data', `${name} refers to it.`),
    );
  }

  /** A function that lost its own code: it may have changed, or the compiler may only treat it otherwise. */
  #inlined(name: string, passed: ReadonlySet<string>): Chain[] {
    const other = this.#changes.functions.find((change) => change.name === name);
    if (!other) return [];
    return this.#back(other, passed);
  }

  /** What leads to a function, or the function itself if nothing is known to. */
  #back(other: FunctionChange, passed: ReadonlySet<string>): Chain[] {
    if (passed.has(`function ${other.name}`)) return [];
    const found = this.#function(other, passed);
    return found.length > 0 ? found : [chain([{ node: { kind: 'function', name: other.name } }])];
  }

  /** Source that uses what the patch changes, as far as the code shows that it is part of it. */
  #throughSource(change: FunctionChange, me: ChainNode): Chain[] {
    const names = sourceNames(change.name);
    const explained = new Set<PatchPlace>();
    return this.#evidence.uses
      .filter((use) => names.includes(use.function))
      .flatMap(({ through }): Chain[] => {
        const [first] = through;
        const last = through.at(-1);
        const place = (this.#evidence.places ?? []).find(
          (one) => first && one.what === first.what && one.names.includes(first.name),
        );
        const evidence = last && this.#shows(change, last.what, last.name);
        // The shortest way from each changed place comes first.
        if (!place || !first || !last || !evidence || explained.has(place)) return [];
        explained.add(place);
        let result = chain([{ node: place.node }]);
        result = extend(result, sourceNode(first), 'lines', `The patch changes ${lines(place)} of ${first.name}.`);
        through.slice(1).forEach((next, index) => {
          const used = through[index] ?? first;
          result = extend(
            result,
            sourceNode(next),
            VIA_OF[used.what],
            `${next.path}:${next.line}: ${next.name} uses ${used.name}.`,
          );
        });
        return [extend(result, me, evidence.via, evidence.text)];
      });
  }

  /** Whether the function's code bears out that it has something in it that its source names. */
  #shows(change: FunctionChange, what: string, name: string): { readonly via: Via; readonly text: string } | undefined {
    const self = sourceName(change.name);
    const kinds = this.#kinds(change.name);
    switch (what) {
      case 'function': {
        const called = change.pieces.some(({ pre, post }) =>
          [...(pre?.relocations ?? []), ...(post?.relocations ?? [])].some(
            ({ target }) => sourceName(target.replace(/[+-]0x.*$/, '')) === name,
          ),
        );
        return called
          ? undefined
          : { via: 'inlined', text: `The source of ${self} calls ${name}; its code has no call of it, so it is part of it.` };
      }
      case 'macro':
        return { via: 'macro', text: `The source of ${self} uses the macro ${name}.` };
      case 'enum':
        return { via: 'constant', text: `The source of ${self} uses the constant ${name}.` };
      case 'struct':
        // Another offset beside another register may be from something else. A size is a constant.
        return kinds.some((row) => row === 'memory-offset') || (kinds.length > 0 && kinds.every((row) => row === 'immediate'))
          ? { via: 'layout', text: `The source of ${self} uses struct ${name}, and its code uses other offsets.` }
          : undefined;
      case 'variable':
        return { via: 'data', text: `The source of ${self} uses ${name}.` };
      default:
        return undefined;
    }
  }

  /** For each row that differs, the kind of its difference; undefined where there are several. */
  #kinds(name: string): readonly (DifferenceKind | undefined)[] {
    const rows = (this.#evidence.aligned.get(name) ?? []).flatMap((piece) => piece.rows).filter(differs);
    return rows.map(({ differences: [first, ...more] }) => (more.length === 0 ? first?.kind : undefined));
  }

  /** A function that the patch changes and that has code of its own here: what differs in it differs in this one too. */
  #throughPattern(change: FunctionChange, me: ChainNode): Chain[] {
    const mine = pattern(this.#evidence.aligned.get(change.name) ?? []);
    return this.#changes.functions.flatMap((other): Chain[] => {
      const own = other === change ? undefined : this.#ownPlace(other.name);
      const theirs = pattern(this.#evidence.aligned.get(other.name) ?? []);
      if (!own || theirs.length < LEAST_PATTERN || !contains(mine, theirs)) return [];
      const node: ChainNode = { kind: 'source', what: 'function', name: sourceName(other.name) };
      const start = chain([
        { node: own.node },
        step(node, 'lines', `The patch changes ${lines(own)} of ${sourceName(other.name)}.`),
      ]);
      return [
        extend(
          start,
          me,
          'inlined',
          `The same ${theirs.length} instructions differ in it as in ${other.name}: a copy is part of it.`,
        ),
      ];
    });
  }

  /** What can be said without guessing. */
  #unknown(change: FunctionChange): Chain {
    const { places } = this.#evidence;
    const self = sourceName(change.name);
    if (!places)
      return chain([
        { node: { kind: 'unknown', text: 'Not known: there is no patch to look at.' } },
        step({ kind: 'function', name: change.name }, 'lines', 'Its code differs.'),
      ]);
    const layout = this.#layoutHint(change, places);
    const text = `Not known: no changed line is in ${self}, and nothing it is known to use changed.${layout}`;
    return chain([
      { node: { kind: 'unknown', text } },
      step({ kind: 'function', name: change.name }, 'lines', 'Its code differs.'),
    ]);
  }

  #layoutHint(change: FunctionChange, places: readonly PatchPlace[]): string {
    const kinds = this.#kinds(change.name);
    const records = places.filter(({ what }) => what === 'struct').flatMap(({ names }) => names.slice(0, 1));
    if (kinds.length === 0 || kinds.some((row) => row !== 'memory-offset') || records.length === 0) return '';
    return ` It differs only in offsets from pointers, and the patch changes struct ${records.join(', ')}.`;
  }
}

/** Whether a chain begins at a line of the patch. */
export function isKnown({ steps }: Chain): boolean {
  return steps[0]?.node.kind === 'patch';
}

/** Fewer instructions than that are equal by chance. */
const LEAST_PATTERN = 3;

/** What differs, without registers and places. */
function pattern(pieces: readonly AlignedPiece[]): string[] {
  const words = (side: string, line: { readonly mnemonic: string; readonly operands: string } | undefined): string[] =>
    line
      ? [
          `${side} ${line.mnemonic} ${line.operands.replace(/\b(e?[a-d]x|[a-d][lh]|[er]?[sd]i|[er]?bp|r\w+)\b/g, 'r').replace(/\bL\d+/g, 'L')}`,
        ]
      : [];
  return pieces.flatMap(({ rows }) => rows.filter(differs).flatMap(({ pre, post }) => [...words('-', pre), ...words('+', post)]));
}

/** Whether `all` has each of `some`, as often. */
function contains(all: readonly string[], some: readonly string[]): boolean {
  const left = [...all];
  return some.every((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** Names a function may have in the source: a system call's is the argument of its macro. */
function sourceNames(name: string): string[] {
  const plain = sourceName(name);
  const call = /^(?:__(?:do|se|ia32|x64)_)?(?:__(?:do|se)_)?(?:compat_)?sys_(?:ia32_)?(\w+)$/.exec(plain)?.[1];
  return call === undefined ? [plain] : [plain, call];
}

function clonedTo(name: string, changes: Changes, target: string): boolean {
  const change = changes.functions.find((one) => one.name === name);
  return change?.reasons.some((reason) => reason.kind === 'clone' && reason.post === target) ?? false;
}

function sourceNode({ what, name }: SourceUse['through'][number]): ChainNode {
  return { kind: 'source', what, name };
}

/** How a definition comes to be part of what uses it. */
const VIA_OF: Record<DefinitionKind, Via> = {
  function: 'inlined',
  macro: 'macro',
  struct: 'layout',
  enum: 'constant',
  variable: 'data',
  other: 'lines',
};

function lines(place: PatchPlace): string {
  return place.lines.length === 1 ? 'a line' : `${place.lines.length} lines`;
}

function chain(steps: readonly ChainStep[]): Chain {
  return { steps };
}

function step(node: ChainNode, via: Via, evidence: string): ChainStep {
  return { node, link: { via, evidence } };
}

function extend({ steps }: Chain, node: ChainNode, via: Via, evidence: string): Chain {
  return { steps: [...steps, step(node, via, evidence)] };
}

function dedupe(chains: readonly Chain[]): Chain[] {
  const seen = new Set<string>();
  return chains.filter(({ steps }) => {
    const key = JSON.stringify(steps.map(({ node }) => node));
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Whether a line of C has this text in a string, or a part of it that a macro like pr_info puts together. */
function hasText(line: string, text: string): boolean {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"/g)].some(([, literal = '']) => {
    const plain = unescape(literal);
    return plain.length > 1 && text.includes(plain);
  });
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unescape(literal: string): string {
  return literal.replace(/\\(?:x([\da-f]{1,2})|([0-7]{3})|(.))/gi, (_, hex?: string, octal?: string, one = '') =>
    hex !== undefined
      ? String.fromCharCode(parseInt(hex, 16))
      : octal !== undefined
        ? String.fromCharCode(parseInt(octal, 8))
        : (ESCAPES[one] ?? one),
  );
}

function hasWord(line: string, word: string): boolean {
  return new RegExp(`(?<!\\w)${word.replace(/\W/g, '\\$&')}(?!\\w)`).test(line);
}
