import { expect, test } from 'vitest';
import { correctionSentences, rateSentences } from '../../../solver/report/run-text.ts';

type Run = Parameters<typeof rateSentences>[0];

const run = (ratePerS: number, adaptation: object | null = null) =>
  ({ load: { ratePerS }, plans: [{ plan: { ratePerS: 5 } }], adaptation }) as unknown as Run;

test('a run of another rate than its plan says which rate the prediction is for', () => {
  expect(rateSentences(run(50))).toEqual([
    'The predicted figures are for 5 requests/s, which the plan was made for; this load has 50 requests/s.',
  ]);
  expect(rateSentences(run(1))[0]).toContain('this load has 1 request/s');
});

test('a run of about its plan’s rate, or one that adapts its plan, has no sentence on rates', () => {
  expect(rateSentences(run(5.2))).toEqual([]);
  expect(rateSentences(run(50, {}))).toEqual([]);
});

test('a run says which times its plan is for, where these are not those of the profile', () => {
  const planned = (inService: object | undefined, adaptation: object | null = null) =>
    correctionSentences({ plans: [{ plan: { inService } }], adaptation } as unknown as Run);
  const slower = { batches: { wasm: 1.5 } };
  expect(planned(slower)).toEqual([
    "The plan is for other times than the profile's: batches on wasm × 1.50.",
  ]);
  expect([...planned(undefined), ...planned(slower, {})]).toEqual([]);
});
