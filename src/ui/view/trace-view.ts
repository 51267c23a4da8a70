import type { TraceRecord } from '../port.ts';

/** What one operation of the core has reported so far, in the order in which a person meets it. */
export interface OperationView {
  readonly operation: 'apply' | 'undo';
  readonly sections: readonly MatchedSection[];
  readonly symbols: readonly InferredSymbol[];
  readonly failedCandidates: readonly FailedCandidate[];
  readonly unmatched: readonly string[];
  /** Totals of the core's own `matched` line; absent until it has come. */
  readonly totals?: { readonly sections: number; readonly symbols: number; readonly bytes: number };
  readonly rewrites: Readonly<Record<string, number>>;
  readonly resolvedFields: number;
  readonly tries: readonly StopTry[];
  readonly splices: readonly Splice[];
  readonly stage?: string;
  readonly abortCause?: string;
  readonly result?: string;
  readonly nanoseconds?: number;
}

export interface MatchedSection {
  readonly label: string;
  readonly kind: string;
  readonly address: string;
  readonly size: number;
}

export interface InferredSymbol {
  readonly label: string;
  readonly value: string;
  readonly from: string;
  readonly offset: string;
}

export interface FailedCandidate {
  readonly label: string;
  readonly address: string;
  readonly why: string;
  readonly offset: string;
  readonly expected: string;
  readonly found: string;
  readonly symbol?: string;
}

export interface ThreadSeen {
  readonly pid: number;
  readonly comm: string;
  readonly words: number;
  readonly busy: boolean;
}

export interface Conflict {
  readonly pid: number;
  readonly comm: string;
  readonly label: string;
  readonly slot?: string;
}

export interface StopTry {
  readonly number: number;
  readonly threads: readonly ThreadSeen[];
  readonly conflicts: readonly Conflict[];
  /** Present once the machine runs again. */
  readonly nanoseconds?: number;
  readonly threadCount?: number;
  readonly words?: number;
}

/** A jump written over, or put back at, the entry of a function. */
export interface Splice {
  readonly name: string;
  readonly address: string;
  readonly target?: string;
  readonly before: string;
  readonly after: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function integer(text: string | undefined): number {
  const value = Number(text ?? '');
  return Number.isSafeInteger(value) ? value : 0;
}

/** Folds the records of one operation (from its `begin` on). Unknown events are passed over: a newer core may say more. */
export function viewOperation(records: readonly TraceRecord[]): OperationView {
  const sections: MatchedSection[] = [];
  const symbols: InferredSymbol[] = [];
  const failedCandidates: FailedCandidate[] = [];
  const unmatched: string[] = [];
  const rewrites: Record<string, number> = {};
  const tries: (Mutable<StopTry> & { threads: ThreadSeen[]; conflicts: Conflict[] })[] = [];
  const splices: Splice[] = [];
  const view: Mutable<OperationView> = {
    operation: 'apply',
    sections,
    symbols,
    failedCandidates,
    unmatched,
    rewrites,
    resolvedFields: 0,
    tries,
    splices,
  };
  for (const { event, fields: f } of records) {
    switch (event) {
      case 'begin':
        view.operation = f['op'] === 'reverse' ? 'undo' : 'apply';
        break;
      case 'section':
        sections.push({ label: f['label'] ?? '', kind: f['kind'] ?? '', address: f['addr'] ?? '', size: integer(f['size']) });
        break;
      case 'symbol':
        symbols.push({ label: f['label'] ?? '', value: f['value'] ?? '', from: f['from'] ?? '', offset: f['offset'] ?? '' });
        break;
      case 'candidate':
        failedCandidates.push({
          label: f['label'] ?? '',
          address: f['addr'] ?? '',
          why: f['why'] ?? '',
          offset: f['offset'] ?? '',
          expected: f['expected'] ?? f['known'] ?? '',
          found: f['found'] ?? f['value'] ?? '',
          symbol: f['symbol'],
        });
        break;
      case 'rewrite':
        rewrites[f['kind'] ?? 'other'] = (rewrites[f['kind'] ?? 'other'] ?? 0) + 1;
        break;
      case 'unmatched':
        unmatched.push(f['label'] ?? '');
        break;
      case 'matched':
        view.totals = { sections: integer(f['sections']), symbols: integer(f['symbols']), bytes: integer(f['bytes']) };
        break;
      case 'resolve':
        view.resolvedFields += integer(f['fields']);
        break;
      case 'try':
        tries.push({ number: integer(f['n']), threads: [], conflicts: [] });
        break;
      case 'thread':
        tries.at(-1)?.threads.push({
          pid: integer(f['pid']),
          comm: f['comm'] ?? '',
          words: integer(f['words']),
          busy: f['busy'] === '1',
        });
        break;
      case 'conflict':
        tries.at(-1)?.conflicts.push({ pid: integer(f['pid']), comm: f['comm'] ?? '', label: f['label'] ?? '', slot: f['slot'] });
        break;
      case 'stop': {
        const last = tries.at(-1);
        if (last) {
          last.nanoseconds = integer(f['ns']);
          last.threadCount = integer(f['threads']);
          last.words = integer(f['words']);
        }
        break;
      }
      case 'splice':
      case 'restore':
        splices.push({
          name: f['name'] ?? f['label'] ?? '',
          address: f['addr'] ?? '',
          target: f['new'],
          before: f['before'] ?? '',
          after: f['after'] ?? '',
        });
        break;
      case 'stage':
        view.stage = f['value'];
        break;
      case 'abort':
        view.abortCause = f['cause'];
        break;
      case 'end':
        view.result = f['result'];
        view.nanoseconds = integer(f['ns']);
        break;
    }
  }
  return view;
}
