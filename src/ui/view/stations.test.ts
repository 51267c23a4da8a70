import { describe, expect, it } from 'vitest';
import type { TraceRecord } from '../port.ts';
import { stations, type StationInput } from './stations.ts';
import { viewOperation } from './trace-view.ts';

/** Lines as the core writes them. */
function records(text: string): TraceRecord[] {
  return text
    .trim()
    .split('\n')
    .map((line, index) => {
      const [event = '', ...pairs] = line.trim().split(' ');
      const fields = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
      return { seq: index + 1, nanoseconds: index, event, fields };
    });
}

const MATCH = `begin op=apply id=version
section label=version_proc_show<fs/proc/version.o> kind=text addr=c1234560 size=52 relocs=3 sites=0 candidates=1
symbol label=seq_printf value=c1100000 from=version_proc_show<fs/proc/version.o> offset=20
matched sections=1 symbols=1 bytes=52`;
const STOP = `try n=1
thread pid=1 comm=init words=120 busy=0
stop n=1 ns=412000 threads=1 words=120`;
const SPLICE = `splice name=version_proc_show label=version_proc_show<fs/proc/version.o> addr=c1234560 new=c8a01000 before=5589e55756 after=e99bca7c07
stage value=applied
end result=ok ns=31200000`;

const MADE = ['compile', 'compare', 'build', 'load', 'match', 'stop', 'splice', 'applied'];

const shape = (trace: string, rest: Partial<StationInput>) =>
  stations({ operation: 'apply', core: viewOperation(trace ? records(trace) : []), ...rest }).map(
    ({ id, state }) => `${id} ${state}`,
  );

describe('the line of stages', () => {
  it('is dark before anything begins', () => {
    expect(shape('', {}).every((entry) => entry.endsWith('waiting'))).toBe(true);
  });
  it('follows the host, then the core', () => {
    expect(shape('', { step: 'upload' })).toContain('upload running');
    expect(shape('', { step: 'load' })).toContain('upload done');
    expect(shape(MATCH, { step: 'core' })).toContain('match running');
    expect(shape(`${MATCH}\n${STOP}`, { step: 'core' })).toContain('stop running');
  });
  it('is lit to its end once applied', () => {
    expect(shape(`${MATCH}\n${STOP}\n${SPLICE}`, { step: 'done' }).every((entry) => entry.endsWith('done'))).toBe(true);
  });
  it('stops where the core refused', () => {
    expect(shape(`${MATCH}\n${STOP}\nend result=code_busy ns=4000000000`, { step: 'done', ended: 'code_busy' })).toEqual([
      'upload done',
      'load done',
      'match done',
      'stop refused',
      'splice waiting',
      'applied waiting',
    ]);
    const mismatch = `begin op=apply id=x\ncandidate label=f<a.o> addr=c1000000 why=bytes offset=3 expected=0102 found=0103\nunmatched label=f<a.o> kind=text candidates=1\nend result=no_match ns=1`;
    expect(shape(mismatch, { step: 'done', ended: 'no_match' })).toContain('match refused');
  });
  it('says what was measured', () => {
    const line = stations({
      operation: 'apply',
      step: 'done',
      core: viewOperation(records(`${MATCH}\n${STOP}\n${SPLICE}`)),
      updateBytes: 21344,
    });
    expect(line.map((station) => station.value.replaceAll(/[\u202f\u00a0]/g, ' '))).toEqual([
      '21.3 KB',
      'new, old',
      '1 section',
      '412 µs',
      '1 function',
      'in 31.2 ms',
    ]);
  });

  it('begins with the making of an update that is made from source', () => {
    const made = (step: StationInput['step'], rest: Partial<StationInput> = {}) => shape('', { step, making: {}, ...rest });
    expect(made(undefined).map((entry) => entry.split(' ')[0])).toEqual(MADE);
    expect(made('compile')[0]).toBe('compile running');
    expect(made('build').slice(0, 4)).toEqual(['compile done', 'compare done', 'build running', 'load waiting']);
    expect(made('upload')[3], 'what was built here is loaded, upload and all').toBe('load running');
    expect(made('compile', { ended: 'compile_error' }).slice(0, 2)).toEqual(['compile refused', 'compare waiting']);
    const done = shape(`${MATCH}\n${STOP}\n${SPLICE}`, { step: 'done', making: {} });
    expect(done.every((entry) => entry.endsWith('done'))).toBe(true);
  });

  it('says how many units are compiled', () => {
    const unit = { unit: 'fs/pipe.o', state: 'compiling', done: 3, total: 12, secondsLeft: 4 } as const;
    const making = { progress: { stage: 'compile', unit } } as const;
    expect(stations({ operation: 'apply', core: viewOperation([]), step: 'compile', making })[0]).toMatchObject({
      value: '3 of 12',
      sentence: 'Compile: under way, 3 of 12.',
    });
  });
});
