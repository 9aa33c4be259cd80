import { describe, expect, it } from 'vitest';
import type { CellFlag } from '../../solver/documents/cell.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { InfeasiblePlanError, NoAccuracyError, NothingMeasuredError } from '../../solver/plan/errors.ts';
import { milliseconds } from '../../web/components/format.ts';
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

  it('that barely missed its SLA does not name the share that was asked for as the one that was reached', () => {
    const barely = { ...missed, percentile: 95, result: { ...missed.result, slaAttainment: 0.9497 } };
    expect(runVerdict(barely, profile).headline).toMatch(/did not hold: 94\.9\s%.* 95\s% are asked for/);
  });

  it('that attained just the share that was asked for held', () => {
    const just = { ...missed, percentile: 99.9, result: { ...missed.result, slaAttainment: 999 / 1000 } };
    expect(runVerdict(just, profile).level).toBe('good');
  });

  it('that is not valid says just that in its headline, however good its figures, and why in its first reason', () => {
    const verdict = runVerdict(late, profile);
    expect(verdict.level).toBe('bad');
    expect(verdict.inTime).toBeNull();
    expect(verdict.headline).toMatch(/^Not valid/);
    expect(verdict.reasons[0]).toMatch(/99 were sent at most .* late/);
  });

  /** A run with a single batch, which took this factor of the planned time. */
  function withBatch(run: RunReport, factor: number): RunReport {
    const [stage] = run.plans[0]!.plan.stages;
    const { name, variant, backend, serviceMs } = stage!;
    const { items, meanMs } = serviceMs[0]!;
    return { ...run, service: [{ stage: name, variant, backend, items, samplesMs: [factor * meanMs] }] };
  }

  /** The reasons of a run that was better than predicted, with batches that took this factor of the planned time. */
  const reasonsWith = (factor: number): readonly string[] =>
    runVerdict({ ...withBatch(held, factor), predicted: { ...held.predicted, slaAttainment: 0.5 } }, profile)
      .reasons;

  it('that missed its SLA on a device that got slower leads to measuring it again', () => {
    const nextWith = (factor: number) => runVerdict(withBatch(missed, factor), profile).next;
    expect(nextWith(1.5)).toMatchObject({
      section: 'measure',
      text: expect.stringMatching(/^Measure the device again/),
    });
    expect(nextWith(1.1).section).toBe('plan');
    expect(nextWith(0.5).section).toBe('plan');
  });

  it('that differs from its prediction says why: by its batches where they took other times, else by the device', () => {
    expect(reasonsWith(0.5).join()).toMatch(/was 50\.0\s% in time\. Batches took 0\.50 times as long/);
    expect(reasonsWith(1).join()).toMatch(/was 50\.0\s% in time\. The device was faster, or less busy/);
  });

  it('that differs from its prediction says that its load was another one, where it was', () => {
    const { ratePerS } = held.plans[0]!.plan;
    const reasons = (load: Partial<RunReport['load']>) =>
      runVerdict(
        {
          ...held,
          load: { ...held.load, ...load },
          predicted: { ...held.predicted, slaAttainment: 0.5 },
        },
        profile,
      ).reasons.join(' ');
    expect(reasons({ ratePerS: 1.2 * ratePerS })).toMatch(
      /was 50\.0\s% in time\. That was for 30 requests\/s; 36 requests\/s came\./,
    );
    expect(reasons({ kind: 'trace' })).toMatch(
      /was 50\.0\s% in time\. That was for constantly 30 requests\/s; 30 requests\/s came on average\./,
    );
    expect(reasons({ ratePerS: 1.05 * ratePerS })).toContain('Batches took');
  });

  it('that differs from its prediction does not blame batches that took other times in the other direction', () => {
    expect(reasonsWith(2)).toContainEqual(expect.stringMatching(/^The prediction was 50\.0\s% in time\.$/));
  });

  it('says how accurate it was, without the accuracies of the profile, which are of other requests', () => {
    const best = Math.max(...profile.endToEnd.map(({ value }) => value));
    const { result, device, predicted } = held;
    const accuracy = { ...result.accuracy, endToEnd: best - 0.01 };
    const run: RunReport = {
      ...held,
      device: { ...device, adapter: null },
      result: { ...result, shed: 0, failed: 0, accuracy },
      predicted: { ...predicted, slaAttainment: result.slaAttainment! },
    };
    expect(runVerdict(run, { ...profile, cells: [] }).reasons).toContainEqual(
      expect.stringMatching(/^The whole pipeline is right in [\d.]+\s% of the cases\.$/),
    );
  });

  const timeReasons = (percentile: number) =>
    [
      ...runVerdict({ ...held, percentile }, profile).reasons,
      ...planVerdict({ ...held.plans[0]!.plan, percentile }, profile).reasons,
    ].filter((reason) => reason.includes(' allowed.'));

  it.each([50, 95])(
    'compares the latency at the percentile that was asked for, such as p%d, with the SLA',
    (p) => {
      const { latencyMs } = held.result;
      const ms = { 50: latencyMs.p50!, 95: latencyMs.p95! }[p]!;
      expect(timeReasons(p)).toHaveLength(2);
      expect(timeReasons(p)[0]).toContain(`${p} of 100 answers came within ${milliseconds(ms)}, which is`);
      expect(timeReasons(p)[1]).toMatch(new RegExp(`^${p} of 100 answers should come within`));
    },
  );

  it('compares no other percentile with the SLA if the report lacks the one that was asked for', () => {
    expect(timeReasons(90)).toEqual([]);
  });

  it('puts lost requests before everything but lateness', () => {
    const lost = { ...held, result: { ...held.result, shed: 7, failed: 1 } };
    expect(runVerdict(lost, profile).reasons[0]).toMatch(/7 were refused and 1 failed/);
    expect(runVerdict({ ...lost, load: late.load }, profile).reasons[1]).toMatch(/7 were refused/);
  });
});

describe('a GPU that is a software adapter', () => {
  const on = (backend: 'webgpu' | 'wasm'): RunReport => ({
    ...held,
    plans: held.plans.map((served) => ({
      ...served,
      plan: { ...served.plan, stages: served.plan.stages.map((stage) => ({ ...stage, backend })) },
    })),
  });

  it('is a reason for a verdict only where a plan runs on it', () => {
    expect(runVerdict(on('webgpu'), profile).reasons).toContainEqual(
      expect.stringMatching(/^WebGPU ran on the CPU/),
    );
    expect(runVerdict(on('wasm'), profile).reasons.join()).not.toContain('WebGPU');
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

  it('of one request per second says so', () => {
    expect(planVerdict({ ...plan, ratePerS: 1 }, profile).headline).toContain('answer 1 request/s within');
  });

  it('that is predicted to miss it is not quite', () => {
    const verdict = planVerdict(predicting(0.9), profile);
    expect(verdict.level).toBe('warn');
    expect(verdict.headline).toMatch(/^Not quite: .*90\.0\s% of .*; 95\s% are asked for/);
  });

  it('names the most accurate combination of single models only where that is more accurate than the plan, which may be a cascade', () => {
    const best = Math.max(...profile.endToEnd.map(({ value }) => value));
    const reasons = (endToEnd: number) =>
      planVerdict({ ...plan, predicted: { ...plan.predicted, endToEnd } }, profile).reasons.join();
    expect(reasons(best - 0.01)).toContain('the most accurate combination of single models reaches');
    expect(reasons(best + 0.01)).not.toContain('the most accurate combination');
  });

  it('names the slowest row as tables do, where it is the second of a cascade', () => {
    const [first, ...others] = plan.stages;
    const heavy = {
      ...first!,
      name: `${first!.name}-heavy`,
      boundMs: 1e4,
      escalation: { from: first!.name, below: 0.5, share: 0.1, accuracy: 0.9 },
    };
    const { reasons } = planVerdict(
      { ...plan, stages: [first!, heavy, ...others] },
      { ...profile, cells: [] },
    );
    expect(reasons.join()).toContain(`Most of the time goes to ${first!.name} (second), with`);
  });

  it('names the slowest stage without calling half of the time most of it', () => {
    const stages = plan.stages.map((stage) => ({ ...stage, boundMs: 10 }));
    const { reasons } = planVerdict({ ...plan, stages }, { ...profile, cells: [] });
    expect(stages).toHaveLength(2);
    expect(reasons.join()).toContain(`The largest part of the time goes to ${stages[0]!.name}, with`);
  });

  it('says first that accuracies are unknown, in the place of what the accuracy is', () => {
    const unknown = { ...plan, predicted: { ...plan.predicted, pas: null, endToEnd: null } };
    expect(planVerdict(unknown, profile).reasons[0]).toBe(
      'Accuracy unknown: planned by latency and cost alone.',
    );
  });

  const infeasible = (nearestSlaMs: number | null, nearestRatePerS: number | null) =>
    new InfeasiblePlanError(
      { slaMs: 1, ratePerS: 5, percentile: 95 },
      'SLA: too short',
      nearestSlaMs,
      nearestRatePerS,
    );

  it('that no models meet is no, with the reason and the nearest SLA or rate where one is known', () => {
    const why = infeasible(4, null);
    const verdict = noPlanVerdict(why);
    expect(verdict).toMatchObject({ level: 'bad', reasons: [why.message], next: { section: 'plan' } });
    expect(verdict.headline).toMatch(/^No: .* 5 requests\/s within 1 ms/);
    for (const some of [why, infeasible(null, 2)])
      expect(noPlanVerdict(some).next.text).toMatch(/nearest SLA or rate/);
    expect(noPlanVerdict(infeasible(null, null)).next.text).toMatch(/^Allow more cores or backends/);
  });

  it('that lacks accuracies says that latency is measured, and asks for labelled data', () => {
    const verdict = noPlanVerdict(new NoAccuracyError('detect', 'mine'));
    expect(verdict).toMatchObject({ level: 'warn', next: { section: 'measure' } });
    expect(verdict.headline).toMatch(/^Latency is measured/);
    expect(verdict.next.text).toMatch(/labelled data/);
    // The page leaves out the remedies that only the commands offer.
    expect(verdict.reasons).toEqual(['Variant mine of stage detect has no accuracy to plan with.']);
  });

  it('that failed for another reason says nothing of the models, and gives the reason', () => {
    const why = new NothingMeasuredError('detect', 'all 3 cells failed.');
    const { headline, reasons, next } = noPlanVerdict(why);
    expect([headline, next.text].join()).not.toMatch(/no combination|nearest/);
    expect(reasons).toEqual([why.message]);
  });

  const measured = profile.cells.filter((cell) => cell.state === 'measured');
  const marked = (...flags: readonly CellFlag[][]) => ({
    ...profile,
    device: { ...profile.device, adapter: null },
    cells: flags.map((own, i) => ({ ...measured[i]!, flags: own })),
  });

  it('says when many figures need care, before what is less important', () => {
    expect(planVerdict(plan, marked(['hidden-page'])).reasons.slice(0, 2)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^1 of 1 figure needs care, most often marked hidden-page \(the page/),
      ]),
    );
  });

  it('counts the figures whose marks say that they need care, not those that only tell where they are from', () => {
    const profile = marked(['few-samples', 'drift'], ['few-samples'], ['cpu-fallback']);
    expect(planVerdict(plan, profile).reasons.join()).toContain(
      '2 of 3 figures need care, most often marked few-samples',
    );
  });
});
