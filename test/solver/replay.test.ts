import { expect, it } from 'vitest';
import type { Plan } from '../../solver/documents/plan.ts';
import { endToEndOf } from '../../solver/plan/replay.ts';
import { cell, profile, runs } from './profiles.ts';

/** Texts with two entities each. The heavy variant l finds all of them. The light variant s finds none where its confidence is low. */
function entityProfile(sure: readonly boolean[], perRequest: number) {
  const answers = { s: sure.map((own) => (own ? [4, 4] : [0, 2])), l: sure.map(() => [4, 4]) };
  const requests = Array.from({ length: sure.length / perRequest }, (_, r) => r * perRequest);
  const names = ['s', 'l'] as const;
  return profile([cell('classify', 's', 'cpu', 1, runs(2)), cell('classify', 'l', 'cpu', 1, runs(20))], {
    fanOut: [{ stage: 'classify', upstream: { detect: 's' }, counts: requests.map(() => perRequest) }],
    endToEnd: names.map((name) => {
      const scores = requests.map((from): [number, number] =>
        answers[name]
          .slice(from, from + perRequest)
          .reduce<[number, number]>((a, b) => [a[0] + b[0]!, a[1] + b[1]!], [0, 0]),
      );
      return {
        ...{ variants: { detect: 's', classify: name }, metric: 'F1, entities', n: requests.length },
        ...{ value: 0.5, scores },
      };
    }),
    paths: names.map((name) => ({
      ...{ stage: 'classify', variant: name, upstream: { detect: 's' } },
      confidences: sure.map((own) => (own ? 0.9 : 0.1)),
      earned: answers[name].map(([earned]) => earned!),
    })),
  });
}

const rows = [
  { name: 'detect', variant: 's' },
  { name: 'classify', variant: 's' },
  {
    ...{ name: 'classify-heavy', variant: 'l' },
    escalation: { from: 'classify', below: 0.5, share: 0.5, accuracy: 0.9 },
  },
] as Plan['stages'];

it('the F1 of a cascade counts the entities that only the heavy variant finds as possible points, too', () => {
  expect(endToEndOf(entityProfile([true, false, false, true], 1), rows)).toBe(1);
});

it('the F1 is not known if only some texts of a request go on, because nothing tells the possible points of each', () => {
  expect(endToEndOf(entityProfile([true, false, false, true], 2), rows)).toBeNull();
  expect(endToEndOf(entityProfile([true, true, false, false], 2), rows)).toBe(1);
});
