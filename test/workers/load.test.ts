import { expect, test } from 'vitest';
import { parseTrace, traceUntil } from '../../solver/documents/trace.ts';
import { constantLoad, TooManyRequestsError, traceLoad } from '../../workers/executor/load.ts';

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

test('a trace is cut at a duration, even within its first interval', () => {
  const hourly = parseTrace({ rates: [2, 5], intervalS: 3600 }, 'hourly.json');
  const { durationS, arrivalsMs } = traceLoad(traceUntil(hourly, 10), 1, 1);
  expect(durationS).toBe(10);
  expect(arrivalsMs).toHaveLength(20);
  expect(traceUntil(hourly, 7200)).toEqual(hourly);
});
