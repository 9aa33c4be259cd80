import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { noPlanVerdict, planVerdict, runVerdict } from '../../web/components/verdict/verdict.ts';
import { fashionProfile } from './fixtures.ts';
import { fashionReport } from './report-fixtures.ts';

const profile = fashionProfile();
const held = fashionReport().runs.find(
  ({ result, percentile }) => result.slaAttainment! >= percentile / 100,
)!;
const missed = fashionReport().runs.find(
  ({ result, percentile }) => result.slaAttainment! < percentile / 100,
)!;
const late: RunReport = { ...held, load: { ...held.load, valid: false, latenessP99Ms: held.slaMs / 10 } };

describe('the verdict on a run', () => {
  it('that held says so, with at most three reasons, and leads to sharing it', () => {
    const verdict = runVerdict(held, profile);
    expect(verdict.level).toBe('good');
    expect(verdict.headline).toMatch(/held/);
    expect(verdict.reasons).toHaveLength(3);
    expect(verdict.next.section).toBe('share');
  });

  it('that missed its SLA names the shares that were reached and asked for', () => {
    const verdict = runVerdict(missed, profile);
    expect(verdict.level).toBe('bad');
    expect(verdict.headline).toMatch(/did not hold: [\d.]+\s%.* 95\s% are asked for/);
    expect(verdict.next.section).toBe('plan');
  });

  it('that is not valid says just that in its headline, however good its figures, and why in its first reason', () => {
    const verdict = runVerdict(late, profile);
    expect(verdict.level).toBe('bad');
    expect(verdict.inTime).toBeNull();
    expect(verdict.headline).toMatch(/^Not valid/);
    expect(verdict.reasons[0]).toMatch(/sent up to .* late \(p99\)/);
  });

  it('puts lost requests before everything but lateness', () => {
    const lost = { ...held, result: { ...held.result, shed: 7, failed: 1 } };
    expect(runVerdict(lost, profile).reasons[0]).toMatch(/7 were refused and 1 failed/);
    expect(runVerdict({ ...lost, load: late.load }, profile).reasons[1]).toMatch(/7 were refused/);
  });
});

describe('the verdict on a plan', () => {
  const { plan } = held.plans[0]!;
  const predicting = (slaAttainment: number) => ({
    ...plan,
    predicted: { ...plan.predicted, slaAttainment },
  });

  it('that is predicted to keep its SLA is yes, and leads to trying it', () => {
    const verdict = planVerdict(predicting(0.99), profile);
    expect(verdict).toMatchObject({ level: 'good', inTime: 0.99, next: { section: 'try' } });
    expect(verdict.headline).toMatch(/^Yes: .* should answer/);
  });

  it('that is predicted to miss it is not quite', () => {
    const verdict = planVerdict(predicting(0.9), profile);
    expect(verdict.level).toBe('warn');
    expect(verdict.headline).toMatch(/^Not quite: .*90\.0\s% of .*; 95\s% are asked for/);
  });

  it('that there is none of is no, with the reason', () => {
    const verdict = noPlanVerdict(new Error('The SLA is too short.'), 1, 5);
    expect(verdict).toMatchObject({ level: 'bad', reasons: ['The SLA is too short.'] });
    expect(verdict.headline).toMatch(/^No: .* 5 requests\/s within 1 ms/);
  });

  it('says when many figures need care, before what is less important', () => {
    const hidden = {
      ...profile,
      device: { ...profile.device, adapter: null },
      cells: profile.cells.map((cell) =>
        cell.state === 'measured' ? { ...cell, flags: ['hidden-page' as const] } : cell,
      ),
    };
    expect(planVerdict(plan, hidden).reasons.slice(0, 2)).toEqual(
      expect.arrayContaining([expect.stringMatching(/need care, most because the page was hidden/)]),
    );
  });
});
