import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atCost, atPas, type SystemOutcome } from '../../../solver/report/dial.ts';

const runs: SystemOutcome[] = [
  { pas: 0.4, cost: 2, slaAttainment: 1 },
  { pas: 0.6, cost: 6, slaAttainment: 0.98 },
  { pas: 0.5, cost: 7, slaAttainment: 0.9 },
];

const outcome = fc.record({
  pas: fc.double({ min: 0, max: 1, noNaN: true }),
  cost: fc.double({ min: 0, max: 100, noNaN: true }),
  slaAttainment: fc.double({ min: 0, max: 1, noNaN: true }),
});
const some = fc.array(outcome, { minLength: 1, maxLength: 8 });

describe('our runs at the PAS of another system', () => {
  it('cost what two neighbouring runs cost, each for a part of the time', () => {
    const half = atPas(runs, 0.5)!;
    expect(half.cost).toBeCloseTo(4);
    expect(half.slaAttainment).toBeCloseTo(0.99);
  });

  it('cost what the cheapest costs, if that is more accurate already', () => {
    expect(atPas(runs, 0.3)).toBe(runs[0]);
  });

  it('are none where no run is so accurate', () => {
    expect(atPas(runs, 0.61)).toBeUndefined();
  });

  it('never cost more than a run that is as accurate, and never have less PAS than was asked for', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0, max: 1, noNaN: true }), (all, pas) => {
        const as = all.filter((run) => run.pas >= pas);
        const found = atPas(all, pas);
        expect(found === undefined).toBe(as.length === 0);
        if (!found) return;
        expect(found.cost).toBeLessThanOrEqual(Math.min(...as.map(({ cost }) => cost)) + 1e-9);
        expect(found.pas).toBeGreaterThanOrEqual(pas - 1e-9);
      }),
    );
  });
});

describe('our runs at the cost of another system', () => {
  it('have the PAS of two neighbouring runs, each for a part of the time', () => {
    expect(atCost(runs, 4)!.pas).toBeCloseTo(0.5);
    expect(atCost(runs, 100)).toBe(runs[1]);
    expect(atCost(runs, 1)).toBeUndefined();
  });

  it('never have less PAS than a run that costs no more', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0, max: 100, noNaN: true }), (all, cost) => {
        const as = all.filter((run) => run.cost <= cost);
        const found = atCost(all, cost);
        expect(found === undefined).toBe(as.length === 0);
        if (!found) return;
        expect(found.pas).toBeGreaterThanOrEqual(Math.max(...as.map(({ pas }) => pas)) - 1e-9);
        expect(found.cost).toBeLessThanOrEqual(cost + 1e-9);
      }),
    );
  });
});
