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
