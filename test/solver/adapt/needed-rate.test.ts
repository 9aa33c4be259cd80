import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Handover, missedOn, neededRate } from '../../../solver/adapt/needed-rate.ts';

const none: Handover = { open: 0, servingPerS: 0, startS: 0, queueS: 0, allowed: 0 };

const counts = fc
  .array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 })
  .map((path) => Float64Array.from(path));
const handover = fc.record({
  open: fc.integer({ min: 0, max: 100 }),
  servingPerS: fc.double({ min: 0, max: 60, noNaN: true }),
  startS: fc.integer({ min: 0, max: 10 }),
  queueS: fc.double({ min: 0, max: 12, noNaN: true }),
  allowed: fc.double({ min: 0, max: 0.3, noNaN: true }),
});
const rate = fc.double({ min: 0.5, max: 80, noNaN: true });

const total = (path: Float64Array) => path.reduce((sum, count) => sum + count, 0);

/**
 * Counts the requests that miss the SLA one by one: they arrive evenly within their second at one server, which takes
 * 1 / `ratePerS` s for each, and a request leaves at once if it would wait longer than it may.
 */
function leaving(path: Float64Array, ratePerS: number, queueS: number): number {
  let [freeAtS, left] = [0, 0];
  for (const [second, count] of path.entries())
    for (let i = 0; i < count; i++) {
      const atS = second + (i + 1) / count;
      const waitS = Math.max(0, freeAtS - atS);
      // `missedOn` takes capacity as continuous, so here the rest of the request in service does not count as a wait.
      if (waitS > queueS + 1 / ratePerS) left++;
      else freeAtS = atS + waitS + 1 / ratePerS;
    }
  return left;
}

describe('requests missed on a path', () => {
  it('are those above the rate in each second, where none may wait', () => {
    fc.assert(
      fc.property(counts, rate, (path, ratePerS) => {
        const above = path.reduce((sum, count) => sum + Math.max(0, count - ratePerS), 0);
        expect(missedOn(path, ratePerS, none)).toBeCloseTo(above, 6);
      }),
    );
  });

  it('are as many as leave a queue of single requests, but for one each second', () => {
    fc.assert(
      fc.property(counts, rate, fc.double({ min: 0, max: 8, noNaN: true }), (path, ratePerS, queueS) => {
        // What is left in the queue at the end has not missed the SLA yet, so seconds of silence let it run empty.
        const silence = Float64Array.from([...path, ...Array<number>(10).fill(0)]);
        const missed = missedOn(silence, ratePerS, { ...none, queueS });
        expect(Math.abs(missed - leaving(path, ratePerS, queueS))).toBeLessThanOrEqual(path.length + 2);
      }),
    );
  });

  it('are as few for a plan whose measured times are all 0 as for a very fast one', () => {
    fc.assert(
      fc.property(counts, rate, handover, (path, ratePerS, over) => {
        const missed = (servingPerS: number) => missedOn(path, ratePerS, { ...over, servingPerS });
        expect(missed(Number.POSITIVE_INFINITY)).toBeCloseTo(missed(1e9), 6);
      }),
    );
  });

  it('are never more than there are', () => {
    fc.assert(
      fc.property(counts, rate, handover, (path, ratePerS, of) => {
        const missed = missedOn(path, ratePerS, of);
        expect(missed).toBeGreaterThanOrEqual(0);
        expect(missed).toBeLessThanOrEqual(of.open + total(path) + 1e-9);
      }),
    );
  });

  it('grow neither with the rate nor with the time that requests may wait', () => {
    fc.assert(
      fc.property(counts, rate, rate, handover, (path, a, b, of) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(missedOn(path, high, of)).toBeLessThanOrEqual(missedOn(path, low, of) + 1e-9);
        const longer = { ...of, queueS: of.queueS + 1 };
        expect(missedOn(path, low, longer)).toBeLessThanOrEqual(missedOn(path, low, of) + 1e-9);
      }),
    );
  });

  it('are fewer where a new plan that serves more is there sooner', () => {
    const burst = Float64Array.from(Array<number>(20).fill(30));
    const of = { ...none, servingPerS: 10, queueS: 2 };
    const at = (startS: number) => missedOn(burst, 30, { ...of, startS });
    expect(at(0)).toBe(0);
    expect(at(4)).toBeGreaterThan(0);
    expect(at(8)).toBeGreaterThan(at(4));
  });
});

describe('requests of a burst before a new plan serves', () => {
  const missed = (counts: number[], open = 0) =>
    missedOn(Float64Array.from(counts), 30, { ...none, open, servingPerS: 10, startS: 2, queueS: 4 });

  it('are missed beyond what both plans serve in the time that they may wait', () => {
    // After the first second 190 wait. The old plan serves 10 of them in the next second, the new one 90 in the three after it.
    expect(missed([200, 0, 0, 0, 0, 0])).toBe(90);
  });

  it('are missed at the end, too, beyond a quarter of the longest queue or the queue at the start', () => {
    expect(missed([200])).toBe(90 + 100 - 30);
    expect(missed([150], 50)).toBe(90 + 100 - 50);
  });
});

describe('the rate that is needed', () => {
  it('is the lowest with which no more than the allowed share is missed, beyond what no plan could serve', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 5 }), handover, (paths, of) => {
        fc.pre(paths.some((path) => total(path) > 0));
        const missed = (ratePerS: number) =>
          paths.reduce((sum, path) => sum + missedOn(path, ratePerS, of), 0);
        const requests = paths.reduce((sum, path) => sum + total(path.subarray(of.startS)), 0);
        const most = Math.max(...paths.map((path) => Math.max(...path))) + of.open;
        const allowed = missed(most) + of.allowed * requests;
        const needed = neededRate(paths, of);
        expect(missed(needed)).toBeLessThanOrEqual(allowed + 1e-6 * requests);
        // Half a percent less than the needed rate misses more than is allowed, unless no rate at all is needed.
        if (needed > 0.01) expect(missed(0.995 * needed)).toBeGreaterThan(allowed - 1e-6 * requests);
      }),
    );
  });

  it('is that of an even load less the allowed share, where none may wait', () => {
    const even = Float64Array.from(Array<number>(20).fill(50));
    expect(neededRate([even], { ...none, allowed: 0.1 })).toBeCloseTo(45, 0);
  });

  it('leaves the second out of the allowed share in which the new plan starts', () => {
    const burst = Float64Array.from([1000, ...Array<number>(19).fill(10)]);
    const starting = { ...none, servingPerS: 1000, startS: 0.5, allowed: 0.1 };
    expect(neededRate([burst], starting)).toBeCloseTo(9, 1);
  });

  it('is the mean of an uneven load where requests may wait long, and its peak where none may wait', () => {
    const uneven = Float64Array.from(Array.from({ length: 40 }, (_, i) => (i % 2 ? 10 : 30)));
    expect(neededRate([uneven], none)).toBeCloseTo(30, 0);
    expect(neededRate([uneven], { ...none, queueS: 10 })).toBeLessThan(21);
  });

  it('is none, found at once, where the plan that serves answers all before the new one does', () => {
    const silent = new Float64Array(30);
    const looks = vi.spyOn(silent, 'entries');
    expect(neededRate([silent], { ...none, open: 5, servingPerS: 50, startS: 2 })).toBe(0);
    expect(looks.mock.calls.length).toBeLessThan(10);
  });
});
