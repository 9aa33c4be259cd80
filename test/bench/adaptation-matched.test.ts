import { expect, it } from 'vitest';
import { Comparer } from '../../bench/adaptation/compare.ts';
import { FROZEN } from '../../bench/adaptation/frozen.ts';
import type { Load } from '../../bench/adaptation/loads.ts';
import { subject } from '../../bench/adaptation/subjects.ts';
import { lastWindow } from '../../solver/adapt/predictors/last-window.ts';
import { TRACE } from '../../solver/documents/trace.ts';

const RATES = Array.from({ length: 60 }, (_, s) => (s < 30 ? 10 : 20));
const load: Load = {
  schema: TRACE,
  name: 'step',
  unit: 'requests/s',
  intervalS: 1,
  rates: RATES,
  training: true,
};
const frozen = { ...FROZEN, betaShares: [0.0135] };

it('our system is asked for the attainment of each IPA that attains less than the percentile, and then costs less', async () => {
  const comparer = await Comparer.open(await subject('ipa-video'), lastWindow);
  const comparison = await comparer.compare(load, frozen);
  const attains = new Map([
    ['ipa', 0.6],
    ['ipa-options', 0.995],
    ['rim', 0.2],
  ]);
  const rivals = comparison.rivals.map((run) => ({ ...run, slaAttainment: attains.get(run.system) ?? 1 }));
  const matched = await comparer.matched(load, frozen, { rivals });
  expect(matched.map(({ rival }) => rival)).toEqual(['ipa']);
  const [ours] = matched[0]!.ours;
  expect(ours!.setting!.percentile).toBe(60);
  expect(ours!.cost).toBeLessThan(comparison.ours[0]!.cost);
});
