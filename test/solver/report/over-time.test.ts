import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestRecord, requestRecord } from '../../../solver/documents/run-report.ts';
import { overTime, type TimedValue, timeMean } from '../../../solver/report/over-time.ts';
import { requestResult } from '../../../solver/report/run-result.ts';

describe('the mean of a value that holds until the next', () => {
  const held: TimedValue[] = [
    { atMs: 0, value: 1 },
    { atMs: 4000, value: 3 },
    { atMs: 10_000, value: 10 },
  ];

  it.each([
    [0, 4000, 1],
    [0, 10_000, (4 * 1 + 6 * 3) / 10],
    [3000, 5000, 2],
    [5000, 6000, 3],
    [9000, 13_000, (1 * 3 + 3 * 10) / 4],
    [20_000, 30_000, 10],
  ])('from %d to %d ms is %d', (fromMs, toMs, expected) => {
    expect(timeMean(held, fromMs, toMs)).toBeCloseTo(expected, 12);
  });

  it('over no time is what holds then', () => {
    expect([0, 3999, 4000, 12_000].map((ms) => timeMean(held, ms, ms))).toEqual([1, 1, 3, 10]);
  });

  it('takes the last of values from the same moment', () => {
    const twice = [
      { atMs: 0, value: 7 },
      { atMs: 0, value: 2 },
    ];
    expect(timeMean(twice, 0, 1000)).toBe(2);
    expect(timeMean(twice, 0, 0)).toBe(2);
  });

  it('lies between the values, and parts make the whole', () => {
    const moments = fc.array(fc.record({ atMs: fc.nat(60_000), value: fc.nat(100) }), { maxLength: 8 });
    fc.assert(
      fc.property(moments, fc.nat(100), fc.nat(60_000), fc.nat(60_000), (later, first, a, b) => {
        const all = [{ atMs: 0, value: first }, ...later.sort((x, y) => x.atMs - y.atMs)];
        const values = all.map(({ value }) => value);
        const whole = timeMean(all, 0, a + b);
        expect(whole).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(whole).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        expect(a * timeMean(all, 0, a) + b * timeMean(all, a, a + b)).toBeCloseTo((a + b) * whole, 4);
      }),
    );
  });
});

const SLA_MS = 100;
const ONE = { cost: [{ atMs: 0, value: 4 }], pas: [{ atMs: 0, value: 0.5 }] };

const completed = (arrivalMs: number, latencyMs: number): RequestRecord => ({
  arrivalMs,
  latencyMs,
  outcome: 'completed',
});
const shed = (arrivalMs: number): RequestRecord => ({ arrivalMs, latencyMs: null, outcome: 'shed' });

describe('a run over time', () => {
  it('is told in stretches of ten seconds', () => {
    const requests = [completed(0, 10), completed(9999, 150), shed(10_000), completed(25_000, 20)];
    expect(overTime(requests, ONE, SLA_MS, 30)).toEqual([
      { fromMs: 0, ratePerS: 0.2, p50Ms: 10, p95Ms: null, slaAttainment: 0.5, cost: 4, pas: 0.5 },
      { fromMs: 10_000, ratePerS: 0.1, p50Ms: null, p95Ms: null, slaAttainment: 0, cost: 4, pas: 0.5 },
      { fromMs: 20_000, ratePerS: 0.1, p50Ms: 20, p95Ms: null, slaAttainment: 1, cost: 4, pas: 0.5 },
    ]);
  });

  it('has a last stretch that is as short as it is', () => {
    const requests = [10_500, 11_000, 11_500, 12_000].map((ms) => completed(ms, 10));
    const [, last, ...none] = overTime(requests, ONE, SLA_MS, 12.5);
    expect(none).toEqual([]);
    expect(last).toMatchObject({ fromMs: 10_000, ratePerS: 4 / 2.5 });
  });

  it('has one stretch where it is shorter than that', () => {
    expect(overTime([completed(100, 10)], ONE, SLA_MS, 0.5)).toMatchObject([{ fromMs: 0, ratePerS: 2 }]);
    // A request at the very end counts in the last interval.
    expect(overTime([completed(20_000, 10)], ONE, SLA_MS, 20)[1]).toMatchObject({ ratePerS: 0.1 });
  });

  it('attains nothing it can be judged by where no request came', () => {
    expect(overTime([], ONE, SLA_MS, 10)[0]).toMatchObject({ ratePerS: 0, slaAttainment: null, p50Ms: null });
  });

  it('tells of a p95 only with 20 requests that completed', () => {
    const of = (count: number) =>
      overTime(
        Array.from({ length: count }, (_, i) => completed(i, i + 1)),
        ONE,
        SLA_MS,
        10,
      )[0]!.p95Ms;
    expect([of(19), of(20)]).toEqual([null, 19]);
  });

  it('has the mean cost and PAS of what served in each stretch', () => {
    const cost = [
      { atMs: 0, value: 2 },
      { atMs: 5000, value: 4 },
      { atMs: 10_000, value: 1 },
    ];
    const pas = [
      { atMs: 0, value: 0.5 },
      { atMs: 12_000, value: 1 },
    ];
    const stretches = overTime([], { cost, pas }, SLA_MS, 20);
    expect(stretches.map((stretch) => [stretch.cost, stretch.pas])).toEqual([
      [3, 0.5],
      [1, 0.9],
    ]);
  });

  it('reads each value of a long run a few times, however many stretches the run has', () => {
    let reads = 0;
    const atMs = (i: number) => ({
      ...{ atMs: 1000 * i },
      get value() {
        reads++;
        return 1;
      },
    });
    const values = Array.from({ length: 20_000 }, (_, i) => atMs(i));
    const stretches = overTime([], { cost: values, pas: values }, SLA_MS, 20_000);
    expect(new Set(stretches.map(({ cost, pas }) => `${cost} ${pas}`))).toEqual(new Set(['1 1']));
    expect(reads).toBeLessThan(10 * values.length);
  });

  it('has the mean over any number of values', () => {
    const values = Array.from({ length: 200_000 }, (_, i) => ({ atMs: i, value: 1 }));
    expect(timeMean(values, 0, 200_000)).toBe(1);
  });

  it('adds up: stretches cover it, and weighted by requests and time they are the whole', () => {
    const runs = fc.integer({ min: 1, max: 700 }).chain((tenths) =>
      fc.record({
        durationS: fc.constant(tenths / 10),
        requests: fc.array(
          fc.record({
            // The arrivals are in no order, because stretches need none.
            arrivalMs: fc.double({ min: 0, max: 100 * tenths, maxExcluded: true, noNaN: true }),
            latencyMs: fc.option(fc.nat(200)),
          }),
          { maxLength: 60 },
        ),
        cost: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(runs, ({ durationS, requests: drawn, cost: values }) => {
        const requests = drawn.map(({ arrivalMs, latencyMs }) =>
          requestRecord.parse(latencyMs === null ? shed(arrivalMs) : completed(arrivalMs, latencyMs)),
        );
        const cost = values.map((value, i) => ({ atMs: (i * 1000 * durationS) / values.length, value }));
        const stretches = overTime(requests, { cost, pas: cost }, SLA_MS, durationS);
        const lengthS = (i: number) => Math.min(10, durationS - 10 * i);
        expect(stretches.map(({ fromMs }) => fromMs)).toEqual(stretches.map((_, i) => 10_000 * i));
        expect(lengthS(stretches.length - 1)).toBeGreaterThan(0);
        expect(10 * stretches.length).toBeGreaterThanOrEqual(durationS);

        const sent = stretches.map(({ ratePerS }, i) => ratePerS * lengthS(i));
        const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
        expect(sum(sent)).toBeCloseTo(requests.length, 6);
        const inTime = sum(stretches.map(({ slaAttainment }, i) => (slaAttainment ?? 0) * sent[i]!));
        const whole = requestResult(requests, SLA_MS, durationS);
        expect(inTime).toBeCloseTo(whole.slaAttainment! * requests.length, 6);
        expect(inTime).toBeCloseTo(whole.goodputPerS * durationS, 6);
        const mean = sum(stretches.map((stretch, i) => stretch.cost * lengthS(i))) / durationS;
        expect(mean).toBeCloseTo(timeMean(cost, 0, 1000 * durationS), 6);
      }),
    );
  });
});
