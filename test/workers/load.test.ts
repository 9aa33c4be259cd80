import { expect, test } from 'vitest';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import { parseTrace, type Trace, traceUntil } from '../../solver/documents/trace.ts';
import { generatedTrace } from '../../solver/simulate/generated-traces.ts';
import {
  constantLoad,
  NoRequestsError,
  TooLongLoadError,
  TooManyRequestsError,
  traceLoad,
} from '../../workers/executor/load.ts';

test('a load with more requests than can be run is refused before its arrivals are drawn', () => {
  expect(() => constantLoad(1e9, 40, 1)).toThrow(TooManyRequestsError);
  const trace = parseTrace(
    { schema: 'ipa-edge/trace@1', name: 'huge', unit: 'requests/s', intervalS: 1, rates: [1e9, 1e9] },
    'huge.json',
  );
  expect(() => traceLoad(trace, 1, 1)).toThrow(
    'The load has 2,000,000,000 requests; a run takes at most 2,000,000.',
  );
  expect(traceLoad(trace, 1e-8, 1).arrivalsMs).toHaveLength(20);
});

test('a load that lasts longer than can be run is refused, but not a part of its trace', () => {
  const inMs = parseTrace({ rates: [1e-9, 1e-3], intervalS: 6e6 }, 'trace.json');
  expect(() => traceLoad(inMs, 1, 1)).toThrow(TooLongLoadError);
  expect(() => traceLoad(inMs, 1, 1)).toThrow(
    'The load lasts 12,000,000 s; a run takes at most 10,000,000 s.',
  );
  expect(() => constantLoad(1e-6, 2e7, 1)).toThrow(TooLongLoadError);
  expect(traceLoad(traceUntil(inMs, 7e6), 1, 1).durationS).toBe(7e6);
});

test('a trace is cut at a duration, even within its first interval', () => {
  const hourly = parseTrace({ rates: [2, 5], intervalS: 3600 }, 'hourly.json');
  const { durationS, arrivalsMs } = traceLoad(traceUntil(hourly, 10), 1, 1);
  expect(durationS).toBe(10);
  expect(arrivalsMs).toHaveLength(20);
  expect(traceUntil(hourly, 7200)).toEqual(hourly);
});

test.each(['exact', 'poisson'] as const)(
  'a trace ends at a duration within a later interval (%s)',
  (kind) => {
    const slow = parseTrace({ rates: [2, 5, 9], intervalS: 60 }, 'slow.json');
    const { durationS, arrivalsMs } = traceLoad(traceUntil(slow, 90), 1, 1, kind);
    const within = arrivalsMs.filter((ms) => ms >= 60_000);
    expect(durationS).toBe(90);
    expect(arrivalsMs.at(-1)).toBeLessThan(90_000);
    if (kind === 'exact') expect([arrivalsMs.length, within.length]).toEqual([270, 150]);
    else expect(Math.abs(within.length - 150)).toBeLessThan(60);
  },
);

test('a generated load ends at its duration', () => {
  expect(traceLoad(generatedTrace('steady-high', { durationS: 2.25, seed: 1 }), 1, 1).durationS).toBe(2.25);
});

test('a load of something other than numbers is refused with what is wrong', () => {
  const trace = parseTrace({ rates: [2, 4] }, 'trace.json');
  const [none, text] = [undefined as unknown as number, '1' as unknown as number];
  const wrong: [() => unknown, string][] = [
    [() => constantLoad(1, none, 1), 'durationS: expected number, found nothing'],
    [() => constantLoad(Number.NaN, 1, 1), 'ratePerS: expected number, found NaN'],
    [() => constantLoad(text, 1, 1), 'ratePerS: expected number, found "1"'],
    [() => constantLoad(1, 1, none), 'seed: expected number, found nothing'],
    [() => traceLoad(none as unknown as Trace, 1, 1), 'trace: expected object, found nothing'],
    [
      () => traceLoad({ rates: [2] } as Trace, 1, 1),
      'trace.schema: expected "ipa-edge/trace@1", found nothing',
    ],
    [() => parseTrace({ rates: [2] }, none as unknown as string), 'name: expected string, found nothing'],
    [() => traceLoad(trace, none, 1), 'scale: expected number, found nothing'],
    [() => traceLoad(trace, 1, 1, 'even' as 'exact'), 'kind: Invalid option'],
  ];
  for (const [load, problem] of wrong) {
    expect(load).toThrow(InvalidDocumentError);
    expect(load).toThrow(problem);
  }
});

test('a load without a request is refused with the rate that was asked for', () => {
  const trace = parseTrace({ rates: [2, 4] }, 'trace.json');
  expect(() => traceLoad(trace, 0.01, 1)).toThrow(NoRequestsError);
  expect(() => traceLoad(trace, 0.01, 1)).toThrow('At 0.03 requests/s no request arrives in 2 s.');
  expect(() => constantLoad(0.01, 40, 1)).toThrow('At 0.01 requests/s no request arrives in 40 s.');
});
