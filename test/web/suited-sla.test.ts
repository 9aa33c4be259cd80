import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delays } from '../../solver/documents/co-run.ts';
import type { RequestRecord } from '../../solver/documents/run-report.ts';
import { delayAtMs } from '../../solver/plan/delays.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { isValid } from '../../solver/report/lateness.ts';
import { suitedSla } from '../../web/state/plan/suited-sla.ts';
import { cell, profile as profileOf, runs } from '../solver/profiles.ts';

const REQUESTS = 1000;
const PERCENTILES = [5, 25, 50, 75, 90, 95, 99];
const profiles = fc
  .record({
    runMs: fc.double({ min: 1, max: 300, noNaN: true }),
    late: fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 7, maxLength: 7 }),
  })
  .map(({ runMs, late }) => {
    const sorted = late.toSorted((a, b) => a - b);
    const lateness = PERCENTILES.map((percentile, i) => ({ percentile, delayMs: sorted[i]! }));
    const cells = ['detect', 'classify'].map((stage) => cell(stage, 's', 'wasm', 1, runs(runMs)));
    const coRun = [{ backend: 'wasm' as const, threads: 1, n: 100, delays: lateness, lateness }];
    return { profile: { ...profileOf(cells), coRun }, lateness };
  });

/** Returns whether a run is valid if each request takes `answerMs` and requests are sent as late as `lateness` says. */
function valid(lateness: Delays, answerMs: number, slaMs: number): boolean {
  const lateMs = Array.from({ length: REQUESTS }, (_, i) =>
    delayAtMs(lateness, (100 * (i + 0.5)) / REQUESTS),
  );
  const requests = lateMs.map(
    (ms): RequestRecord => ({ arrivalMs: 0, latencyMs: answerMs + ms, outcome: 'completed' }),
  );
  return isValid(requests, lateMs, slaMs);
}

test('a run with the default SLA is valid although the page sends requests as late as any profile measured', () => {
  fc.assert(
    fc.property(profiles, fc.double({ min: 0, max: 1, noNaN: true }), ({ profile, lateness }, share) => {
      const names = profile.stages.map(({ name }) => name);
      const answerMs = share * slaByRule(profile.cells, names, profile.fanOut);
      expect(valid(lateness, answerMs, suitedSla(profile))).toBe(true);
    }),
  );
});

test('the default SLA has room for a drawing of the page, and for timers whose lateness was not measured', () => {
  const quick = profileOf([cell('detect', 's', 'wasm', 1, runs(1))]);
  expect(suitedSla({ ...quick, coRun: [] })).toBe(100);
  expect(suitedSla({ ...quick, settings: { ...quick.settings, slaMs: 60 } })).toBe(60);
});
