import { expect, it } from 'vitest';
import type { Plan } from '../../../solver/documents/plan.ts';
import { runReportSchema } from '../../../solver/documents/run-report.ts';
import { downshiftSentences } from '../../../solver/report/downshift.ts';
import { outcomesOf } from '../../../solver/report/outcomes.ts';

/** The outcome of a run of a cascade in which three of four items were to escalate, and two of them settled. */
function outcomeOf(lightAccuracy: number | null) {
  const escalation = { from: 's', below: 0.5, share: 0.6, accuracy: 0.9 };
  const stages = [
    { name: 's', variant: 'light', accuracy: lightAccuracy },
    { name: 's-heavy', variant: 'heavy', accuracy: 0.9, escalation },
  ];
  const plan = { stages } as unknown as Plan;
  const cascade = { heavy: 'heavy', below: 0.5, escalated: 3 };
  return outcomesOf(
    [plan],
    [{ stage: 's', variant: 'light', items: 4, cascade }],
    [{ stage: 's', plan, items: 2 }],
  );
}

it('counts the items of a cascade, with the accuracies that its plan assumes', () => {
  const { cascades } = outcomeOf(0.8);
  expect(cascades).toEqual([
    {
      ...{ stage: 's', light: 'light', heavy: 'heavy', below: 0.5, items: 4, escalated: 3, settled: 2 },
      ...{ predictedShare: 0.6, expected: { accuracy: 0.9, lightAccuracy: 0.8 } },
    },
  ]);
});

it('makes outcomes that a report may have, of a plan that does not state the accuracy of a light variant too', () => {
  const outcomes = outcomeOf(null);
  const { cascades, standbys } = runReportSchema.shape;
  expect(cascades.parse(outcomes.cascades)).toEqual(outcomes.cascades);
  expect(standbys.parse(outcomes.standbys)).toEqual([]);
  expect(downshiftSentences(outcomes)).toEqual([]);
});

it('counts for each cascade only its own items, of cascades that differ in stage, threshold or one variant', () => {
  const kinds = [
    ['s', 'light', 'heavy', 0.5],
    ['s', 'light', 'heavy', 0.6],
    ['s', 'light', 'heavier', 0.5],
    ['s', 'lighter', 'heavy', 0.5],
    ['t', 'light', 'heavy', 0.5],
  ] as const;
  const plans = kinds.map(([stage, light, heavy, below]) => {
    const escalation = { from: stage, below, share: 0.6, accuracy: 0.9 };
    const stages = [
      { name: stage, variant: light, accuracy: null },
      { name: `${stage}-heavy`, variant: heavy, accuracy: 0.9, escalation },
    ];
    return { stages } as unknown as Plan;
  });
  const ran = kinds.map(([stage, variant, heavy, below], i) => ({
    ...{ stage, variant, items: 10 ** i },
    cascade: { heavy, below, escalated: 2 * 10 ** i },
  }));
  const settled = plans.flatMap((plan, i) => [
    { stage: kinds[i]![0], plan, items: 3 * 10 ** i },
    { stage: 'other', plan, items: 1 },
  ]);
  const { cascades } = outcomesOf([...plans, plans[0]!], ran, settled);
  expect(cascades!.map(({ items, escalated, settled }) => [items, escalated, settled])).toEqual(
    kinds.map((_, i) => [10 ** i, 2 * 10 ** i, 3 * 10 ** i]),
  );
});

it('counts for a standby the items that it took over from its variant in its stage', () => {
  const standby = { variant: 'small', accuracy: 0.7 };
  const plan = { stages: [{ name: 's', variant: 'large', accuracy: 0.9, standby }] } as unknown as Plan;
  const ran = [
    { stage: 's', variant: 'large', items: 1 },
    { stage: 's', variant: 'small', standby: 'large', items: 10 },
    { stage: 's', variant: 'small', standby: 'other', items: 100 },
    { stage: 's', variant: 'small', items: 1000 },
    { stage: 's', variant: 'other', standby: 'large', items: 10_000 },
    { stage: 't', variant: 'large', items: 100_000 },
    { stage: 't', variant: 'small', standby: 'large', items: 1_000_000 },
  ];
  expect(outcomesOf([plan], ran, []).standbys).toEqual([
    {
      ...{ stage: 's', variant: 'large', accuracy: 0.9, standby: 'small', standbyAccuracy: 0.7 },
      ...{ items: 11, downshifted: 10 },
    },
  ]);
});

it('reads each batch of a long run once, however many plans the run has', () => {
  let reads = 0;
  const planOf = (i: number) =>
    ({
      stages: [{ name: 's', variant: 'v', accuracy: 0.9, standby: { variant: `w${i % 3}`, accuracy: 0.8 } }],
    }) as unknown as Plan;
  const ran = Array.from({ length: 1000 }, (_, i) => ({
    ...{ variant: i % 4 ? 'v' : `w${i % 3}`, items: 2, ...(i % 4 === 0 && { standby: 'v' }) },
    get stage() {
      reads++;
      return 's';
    },
  }));
  const { standbys } = outcomesOf(
    Array.from({ length: 300 }, (_, i) => planOf(i)),
    ran,
    [],
  );
  const downshifted = standbys!.map((one) => one.downshifted);
  expect(downshifted.reduce((sum, items) => sum + items, 0)).toBe(500);
  expect(standbys!.map(({ items }, i) => items - downshifted[i]!)).toEqual([1500, 1500, 1500]);
  expect(reads).toBeLessThan(10 * ran.length);
});
